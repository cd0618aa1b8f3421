package import WaitingRoom

/// What a simulation looked like over time: some hundred points, however long it ran.
package struct Trace: Hashable, Sendable {
    /// A piece of time.
    package struct Point: Hashable, Sendable {
        package var arrived = 0
        package var admitted = 0
        /// Out of the line without having been let in.
        package var gone = 0
        /// The most.
        package var waiting = 0
        /// The most after a step.
        package var slots = 0
        /// The longest wait of those who were let in; nil if nobody was.
        package var longestWait: Milliseconds?

        mutating func absorb(_ later: Point) {
            arrived += later.arrived
            admitted += later.admitted
            gone += later.gone
            waiting = max(waiting, later.waiting)
            slots = max(slots, later.slots)
            if let wait = later.longestWait { longestWait = max(longestWait ?? wait, wait) }
        }
    }

    /// So many points, and then each two become one.
    private static let limit = 1024

    /// Of an admission step.
    package let interval: Milliseconds
    package private(set) var points: [Point] = []
    /// Steps in a point.
    private var width = 1
    private var steps = 0
    private var open = Point()

    init(interval: Milliseconds) { self.interval = interval }

    /// The time that a point stands for. The first point ends with the first step, at the beginning of the curve.
    package var pointLength: Milliseconds { Milliseconds(interval.count * Int64(width)) }

    var arrived: Int {
        get { open.arrived }
        set { open.arrived = newValue }
    }

    var admitted: Int {
        get { open.admitted }
        set { open.admitted = newValue }
    }

    var gone: Int {
        get { open.gone }
        set { open.gone = newValue }
    }

    mutating func note(waiting: Int) { open.waiting = max(open.waiting, waiting) }

    /// What an admission step left, and how long those had waited whom it let in.
    mutating func note(waiting: Int, slots: Int, waits: [Milliseconds]) {
        open.admitted += waits.count
        note(waiting: waiting)
        open.slots = max(open.slots, slots)
        if let longest = waits.max() { open.longestWait = max(open.longestWait ?? longest, longest) }
        steps += 1
        if steps == width { close() }
    }

    mutating func finish() { if steps > 0 { close() } }

    private mutating func close() {
        points.append(open)
        open = Point()
        steps = 0
        guard points.count == Self.limit else { return }
        for index in 0..<Self.limit / 2 {
            var point = points[2 * index]
            point.absorb(points[2 * index + 1])
            points[index] = point
        }
        points.removeSubrange((Self.limit / 2)...)
        width *= 2
    }
}
