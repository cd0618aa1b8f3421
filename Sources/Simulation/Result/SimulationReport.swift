import WaitingRoom

/// The result for programs. Times are in seconds from the beginning of the curve.
package struct SimulationReport: Encodable, Sendable {
    package struct Outcomes: Encodable, Sendable {
        let completed: Int
        let timedOut: Int
        let missedTurn: Int
        let left: Int
        let silent: Int
        let foundFull: Int
        let foundClosed: Int
        let stillWaiting: Int
        let stillInside: Int
    }

    package struct Waits: Encodable, Sendable {
        let mean: Double?
        let median: Double?
        let p95: Double?
        let p99: Double?
        let max: Double?
    }

    package struct Line: Encodable, Sendable {
        let peak: Int
        let peakAtSeconds: Double
        let formedAtSeconds: Double?
        let emptyAtSeconds: Double?
    }

    package struct Slots: Encodable, Sendable {
        let limit: Int
        let peak: Int
        let meanWhileWaiting: Double?
    }

    package struct Steps: Encodable, Sendable {
        let heldByRate: Int
        let heldBySlots: Int
    }

    package struct Series: Encodable, Sendable {
        let intervalSeconds: Double
        let arrived: [Int]
        let admitted: [Int]
        let abandoned: [Int]
        let waiting: [Int]
        let slots: [Int]
        let longestWaitSeconds: [Double?]
    }

    let queueId: String
    let seed: UInt64
    let visitors: Int
    let admitted: Int
    let admittedAtOnce: Int
    let outcomes: Outcomes
    let waitSeconds: Waits
    let queue: Line
    let admittedPerMinute: Double?
    let slots: Slots
    let steps: Steps
    let endSeconds: Double
    let series: Series

    package init(_ result: SimulationResult, seed: UInt64) {
        queueId = result.settings.id.text
        self.seed = seed
        visitors = result.visitors
        admitted = result.admitted
        admittedAtOnce = result.admittedAtOnce
        outcomes = Outcomes(
            completed: result.completed, timedOut: result.timedOut, missedTurn: result.missedTurn, left: result.left,
            silent: result.silent, foundFull: result.foundFull, foundClosed: result.foundClosed,
            stillWaiting: result.stillWaiting, stillInside: result.stillInside)
        let waits = result.waits
        waitSeconds = Waits(
            mean: waits.mean?.seconds, median: waits.quantile(0.5)?.seconds, p95: waits.quantile(0.95)?.seconds,
            p99: waits.quantile(0.99)?.seconds, max: waits.count > 0 ? waits.longest.seconds : nil)
        queue = Line(
            peak: result.peakWaiting, peakAtSeconds: result.peakWaitingAt.seconds,
            formedAtSeconds: result.lineFormedAt?.seconds, emptyAtSeconds: result.lineEmptyAt?.seconds)
        admittedPerMinute = result.throughput
        slots = Slots(
            limit: result.settings.maxActiveUsers, peak: result.peakSlots, meanWhileWaiting: result.slotsWhileWaiting)
        steps = Steps(heldByRate: result.stepsHeldByRate, heldBySlots: result.stepsHeldBySlots)
        endSeconds = result.end.seconds
        let points = result.trace.points
        series = Series(
            intervalSeconds: result.trace.pointLength.seconds, arrived: points.map(\.arrived),
            admitted: points.map(\.admitted), abandoned: points.map(\.gone), waiting: points.map(\.waiting),
            slots: points.map(\.slots), longestWaitSeconds: points.map { $0.longestWait?.seconds })
    }
}
