import EdgeProxy
import NIOCore
import Synchronization
import WaitingRoom

/// Tells every event loop of sessions that have ended, so that their tokens are refused from then on.
final class RevocationRelay: Sendable {
    private let loops = Mutex<[LoopHandle]>([])

    /// Before this, ended sessions are found by asking the store.
    func connect(_ handles: [LoopHandle]) { loops.withLock { $0 = handles } }

    func observe(_ events: [RoomEvent]) {
        let ended = events.compactMap(\.endedSession)
        guard !ended.isEmpty else { return }
        for handle in loops.withLock({ $0 }) {
            handle.eventLoop.execute { handle.gate.value.revoke(ended) }
        }
    }
}

extension RoomEvent {
    /// The session that can be no more after this event, whether it had started or not.
    fileprivate var endedSession: SessionID? {
        switch change {
        case .sessionExpired(let id), .sessionCompleted(let id), .sessionTerminated(let id, _): id
        case .positionExpired(let id), .positionLeft(let id), .positionTerminated(let id, _),
            .positionHandedOver(let id, _):
            SessionID(of: id)
        case .positionEnqueued, .positionAdmitted, .positionMoved, .sessionStarted, .passUsed, .admissionGranted,
            .roomUpdated, .roomOverridden, .rateAdapted, .drawStarted, .drawRevealed:
            nil
        }
    }
}
