import QueueStore
import WaitingRoom

/// What a gate knows of one room's line: the last view of it, and the waiting positions that it was asked for.
///
/// All of it belongs to one connection and one epoch. Behind another connection may be an older store, in which somebody
/// else joins where one who is remembered had.
struct LineWatch {
    /// A view that is being fetched, for all who want one meanwhile.
    struct Fetch {
        /// Counts the fetches.
        let number: Int
        /// Of this gate when it began.
        let steps: Int
        let begun: Milliseconds
        /// The last event that the view before showed, and its epoch: what has moved since has to be told.
        let seen: UInt64
        let epoch: String?
        /// Those in which somebody waited lately.
        let blocks: Set<Int>
    }

    typealias FetchTask = Task<Result<LineView, StoreError>, Never>

    enum Next {
        case view(LineView)
        case coming(FetchTask)
    }

    let connection: Int
    private var epoch: String?
    private var memory = PositionMemory()
    /// The last whose places were found to have moved to another device: an answer that was on its way may still bring
    /// them.
    private var moved: Set<PositionID> = []
    private static let movedLimit = 1_000
    private var view: LineView?
    /// The fetch that brought the view.
    private var origin = Fetch(number: 0, steps: 0, begun: Milliseconds(0), seen: 0, epoch: nil, blocks: [])
    /// Counts the steps by which this gate has moved people: a view from before one is not good any more.
    private var steps = 0
    private var fetches = 0
    private var current: (fetch: Fetch, task: FetchTask)?

    init(connection: Int) { self.connection = connection }

    // MARK: The view

    /// The view, if it is younger than `lifetime` and shows the events through `sequence`; else the fetch under way, if
    /// it began after the last step that moved people; else one that `start` begins.
    mutating func next(
        at now: Milliseconds, lifetime: Milliseconds, seeing sequence: UInt64, _ start: (Fetch) -> FetchTask
    ) -> Next {
        if let view, origin.steps == steps, view.sequence >= sequence {
            let age = now.count - origin.begun.count
            if age >= 0, age < lifetime.count { return .view(view) }
        }
        if let current, current.fetch.steps == steps { return .coming(current.task) }
        fetches += 1
        let fetch = Fetch(
            number: fetches, steps: steps, begun: now, seen: view?.sequence ?? 0, epoch: view?.epoch,
            blocks: view?.blocks ?? [])
        let task = start(fetch)
        current = (fetch, task)
        return .coming(task)
    }

    /// Takes in what a fetch has brought; nil if it failed.
    mutating func finish(_ fetch: Fetch, _ view: LineView?) {
        if current?.fetch.number == fetch.number { current = nil }
        guard let view, fetch.number > origin.number else { return }
        belong(to: view.epoch)
        // Of another epoch the store could not know what the gate had seen.
        forget(fetch.epoch == nil || fetch.epoch == view.epoch ? view.moved : nil)
        self.view = view
        origin = fetch
    }

    /// This gate has moved people.
    mutating func step() { steps += 1 }

    // MARK: Positions

    mutating func recall(_ ids: [PositionID], in epoch: String) -> [RememberedPosition?] {
        guard epoch == self.epoch else { return ids.map { _ in nil } }
        return ids.map { memory.recall($0) }
    }

    mutating func remember(_ positions: [(PositionID, RememberedPosition)], in epoch: String) {
        belong(to: epoch)
        for (id, position) in positions where !moved.contains(id) { memory.remember(id, position) }
    }

    mutating func forget(_ id: PositionID) { memory.forget(id) }

    /// - Parameter moved: nil forgets all: among them may be some whose places have moved.
    private mutating func forget(_ moved: [PositionID]?) {
        guard let moved else {
            memory = PositionMemory()
            return
        }
        guard !moved.isEmpty else { return }
        for id in moved { memory.forget(id) }
        if self.moved.count > Self.movedLimit { self.moved = [] }
        self.moved.formUnion(moved)
    }

    private mutating func belong(to epoch: String) {
        guard epoch != self.epoch else { return }
        self.epoch = epoch
        memory = PositionMemory()
        moved = []
        view = nil
    }
}
