import QueueStore
import Synchronization
import WaitingRoom

@testable import DragonflyStore

extension RoomEvent {
    /// As the scripts write it.
    var line: String {
        let head = { (kind: String, rest: String) in "\(kind) \(self.sequence) \(self.time.milliseconds) \(rest)" }
        switch change {
        case .roomUpdated(let settings): return head("r", settings.text)
        case .positionEnqueued(let position, let key):
            let particulars = Particulars(userID: position.userID, metadata: position.metadata).text
            let hex = String(key, radix: 16)
            let shuffle = String(repeating: "0", count: 16 - hex.utf8.count) + hex
            return head(
                "e",
                "\(position.id.hex) \(position.sequence) \(position.priority) \(position.expiresAt.milliseconds) "
                    + "\(shuffle) \(particulars)" + (position.addressDigest.map { " \($0)" } ?? ""))
        case .positionAdmitted(let id, let expiresAt): return head("a", "\(id.hex) \(expiresAt.milliseconds)")
        case .positionExpired(let id): return head("x", id.hex)
        case .positionLeft(let id): return head("l", id.hex)
        case .positionHandedOver(let id, let heir): return head("h", "\(id.hex) \(heir.hex)")
        case .sessionStarted(let session):
            let particulars = Particulars(userID: session.userID, metadata: [:]).text
            return head(
                "s",
                "\(session.positionID.hex) \(session.pageViews) \(session.expiresAt.milliseconds) \(session.client.text) "
                    + particulars)
        case .passUsed(let pass, let id):
            return head(
                "u",
                "\(id.hex) \(pass.id.hex) \(pass.priority) \(pass.uses) \(pass.expiresAt.milliseconds)")
        case .sessionExpired(let id): return head("X", PositionID(leadingTo: id).fixed.hex)
        case .sessionCompleted(let id): return head("C", PositionID(leadingTo: id).fixed.hex)
        case .sessionTerminated(let id, let actor):
            return head("T", PositionID(leadingTo: id).fixed.hex + (actor.map { " \($0)" } ?? ""))
        case .positionTerminated(let id, let actor): return head("t", "\(id.hex) \(actor)")
        case .positionMoved(let id, let target, let actor): return head("m", "\(id.hex) \(target.word) \(actor)")
        case .admissionGranted(let count, let actor): return head("g", "\(count) \(actor)")
        case .roomOverridden(let overrides, let actor):
            return head("o", overrides.isEmpty ? actor.text : "\(actor) \(overrides.text)")
        case .drawStarted(let start): return head("d", "\(start.seed?.hex ?? "") \(start.lastJoin)")
        case .drawRevealed(let end): return head("D", "\(end.seed.hex) \(end.lastJoin)")
        }
    }
}

extension PositionID {
    /// With the version and variant that gates give it.
    fileprivate var fixed: PositionID {
        PositionID(
            bits: UUIDBits(
                high: bits.high & 0xffff_ffff_ffff_0fff | 0x4000, low: bits.low & 0x3fff_ffff_ffff_ffff | 1 << 63))
    }
}

/// A record that is there already.
final class GivenHistory: RecordedHistory {
    private struct State {
        var batches: ArraySlice<[RoomEvent]>
        var late: [RoomEvent]
        var seals: [RestoredRoom] = []
    }

    private let state: Mutex<State>

    /// - Parameter late: what is recorded between the first reading and its seal.
    init(_ batches: [RoomEvent]..., late: [RoomEvent] = []) {
        state = Mutex(State(batches: batches[...], late: late))
    }

    var seals: [RestoredRoom] { state.withLock(\.seals) }

    func next() async -> [RoomEvent]? { state.withLock { $0.batches.popFirst() } }

    func seal(_ restored: RestoredRoom) async -> Bool {
        state.withLock { state in
            guard state.late.isEmpty else {
                state.batches = [state.late]
                state.late = []
                return false
            }
            state.seals.append(restored)
            return true
        }
    }
}
