package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    /// How many one script of a drain ends.
    private static let drainSlice = 250

    package func move(
        _ position: PositionID, to target: MoveTarget, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> Place? {
        let keys = RoomKeys(room: room).shards(of: CollectionOfOne(position), view(of: room))
        _ = try await run(.move, in: room, keys: keys, [position.hex, target.word, actor.text])
        // What is remembered of it stands where it stood before.
        forget(position, in: room)
        movedPeople(in: room)
        return try await exactPlaces(of: [position], in: room)[0]
    }

    package func terminate(
        _ position: PositionID, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> Place? {
        _ = try await finish("t", position, by: actor, in: room)
        forget(position, in: room)
        movedPeople(in: room)
        return try await exactPlaces(of: [position], in: room)[0]
    }

    /// Of those who joined later but would still be in scope only the number of all later joins is taken off what remains,
    /// so while others join that is a lower bound, though never 0 before the drain is done.
    package func drain(
        _ scope: DrainScope, until sequence: UInt64?, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> DrainReport {
        var progress = DrainProgress(until: sequence)
        for wheel in scope.wheels {
            var passed = 0
            var isDone = false
            while !isDone, progress.ended < DrainReport.limit {
                let size = min(Self.drainSlice, DrainReport.limit - progress.ended)
                let arguments = [
                    wheel, progress.until.map { "\($0)" } ?? "", actor.text, "\(size)", "\(passed)",
                ]
                let numbers = try await run(.drain, in: room, arguments).array?.compactMap(\.integer) ?? []
                guard numbers.count == 7 else { throw StoreError(.corrupt, "the store's answer cannot be read") }
                progress.take(numbers)
                passed += numbers[1]
                isDone = numbers[2] == 0
            }
            progress.isDone = progress.isDone && isDone
        }
        if progress.ended > 0 { movedPeople(in: room) }
        return progress.report(scope)
    }
}

/// How far one step of a drain has come.
private struct DrainProgress {
    private(set) var until: UInt64?
    private(set) var ended = 0
    /// Whether all has been looked at.
    var isDone = true
    private var waiting = 0
    private var slots = 0
    private var lastJoin: UInt64 = 0

    init(until: UInt64?) { self.until = until }

    /// What the script answers.
    mutating func take(_ numbers: [Int]) {
        ended += numbers[0]
        waiting = numbers[3]
        slots = numbers[4]
        lastJoin = UInt64(clamping: numbers[5])
        until = UInt64(clamping: numbers[6])
    }

    func report(_ scope: DrainScope) -> DrainReport {
        let until = until ?? 0
        let inScope = (scope.includesLine ? waiting : 0) + (scope.includesSessions ? slots : 0)
        let later = Int(clamping: lastJoin - min(until, lastJoin))
        let remaining = later == 0 ? inScope : isDone ? 0 : max(1, inScope - later)
        return DrainReport(ended: ended, remaining: remaining, until: until)
    }
}

extension DrainScope {
    /// In which wheels of time-outs the store keeps the chunks of those whom it ends.
    fileprivate var wheels: [String] {
        switch self {
        case .line: ["w"]
        case .sessions: ["a", "s0"]
        case .all: ["w", "a", "s0"]
        }
    }
}

extension GrantRefusal {
    /// As the script `admit` says it.
    init?(word: String) {
        if word == "maintenance" {
            self = .maintenance
        } else if let phase = RoomPhase(rawValue: word) {
            self = .phase(phase)
        } else {
            return nil
        }
    }
}
