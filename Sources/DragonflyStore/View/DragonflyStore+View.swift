import NIOCore
package import QueueStore
import Synchronization
package import WaitingRoom

/// Polls and live updates are answered from a view of the line that is at most `viewLifetime` old, without a word to the
/// store; what is not in it is looked up.
extension DragonflyStore {
    /// How many bitmaps, of 4 KiB, a view may have: what the store copies in a few milliseconds. In a line with more,
    /// places are looked up.
    private static let viewLimit = 512

    package func places(
        of positions: [PositionID], in room: RoomID, seeing sequence: UInt64
    ) async throws(StoreError) -> [Place?] {
        _ = try trustedConnection(for: room)
        guard viewLifetime > Milliseconds(0), let connection = connection.number else {
            return try await exactPlaces(of: positions, in: room)
        }
        var view = try await newestView(of: room, seeing: sequence, on: connection)
        // One that was under way may have begun too early.
        if view.sequence < sequence { view = try await newestView(of: room, seeing: sequence, on: connection) }
        let known = watching(room, on: connection) { $0.recall(positions, in: view.epoch) }
        var places: [Place?] = []
        places.reserveCapacity(positions.count)
        var rest: [Int] = []
        for (id, position) in zip(positions, known) {
            let place = position?.place(id, in: room, view)
            if place == nil { rest.append(places.count) }
            places.append(place)
        }
        guard !rest.isEmpty else { return places }
        for (index, place) in zip(rest, try await exactPlaces(of: rest.map { positions[$0] }, in: room)) {
            places[index] = place
        }
        return places
    }

    private func newestView(
        of room: RoomID, seeing sequence: UInt64, on connection: Int
    ) async throws(StoreError) -> LineView {
        let next = watching(room, on: connection) { watch in
            watch.next(at: uptime, lifetime: viewLifetime, seeing: sequence) { fetch in
                Task { await self.run(fetch, in: room, on: connection) }
            }
        }
        return switch next {
        case .view(let view): view
        case .coming(let task): try await task.value.get()
        }
    }

    private func run(
        _ fetch: LineWatch.Fetch, in room: RoomID, on connection: Int
    ) async -> Result<LineView, StoreError> {
        let result: Result<LineView, StoreError>
        do throws(StoreError) {
            let keys = RoomKeys(room: room).lines(of: fetch.blocks, self.view(of: room))
            result = .success(
                try LineView(try await run(.view, in: room, keys: keys, ["\(Self.viewLimit)", "\(fetch.seen)"])))
        } catch {
            result = .failure(error)
        }
        watching(room, on: connection) { $0.finish(fetch, try? result.get()) }
        return result
    }

    /// This gate's own steps are seen at once, those of others within the lifetime of a view.
    func movedPeople(in room: RoomID) { watches.withLock { $0[room]?.step() } }

    func forget(_ position: PositionID, in room: RoomID) { watches.withLock { $0[room]?.forget(position) } }

    /// - Parameter connection: the one that was there before they were asked for; nil remembers nothing.
    func remember(
        _ positions: [(PositionID, RememberedPosition)], epoch: String, in room: RoomID, on connection: Int?
    ) {
        guard let connection, viewLifetime > Milliseconds(0), !positions.isEmpty else { return }
        watching(room, on: connection) { $0.remember(positions, in: epoch) }
    }

    /// Where these joined, as far as it is remembered.
    func points(of positions: [PositionID], epoch: String, in room: RoomID) -> [JoinPoint?] {
        guard let connection = connection.number, viewLifetime > Milliseconds(0) else { return [] }
        return watching(room, on: connection) { $0.recall(positions, in: epoch) }.map { $0?.point }
    }

    /// What is known of a room over one connection: nothing yet if it is a later one than before; if it is an earlier one
    /// nothing, and nothing is kept.
    private func watching<Answer>(_ room: RoomID, on connection: Int, _ body: (inout LineWatch) -> Answer) -> Answer {
        watches.withLock { watches in
            var fresh = LineWatch(connection: connection)
            let known = watches[room]?.connection ?? 0
            guard known <= connection else { return body(&fresh) }
            if known < connection { watches[room] = fresh }
            return body(&watches[room, default: fresh])
        }
    }

    /// For the age of views; it has nothing to do with the time of rooms.
    private var uptime: Milliseconds {
        clock.map { Milliseconds($0().milliseconds) }
            ?? Milliseconds(Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000))
    }
}
