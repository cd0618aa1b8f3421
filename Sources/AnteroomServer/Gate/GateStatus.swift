import AdminAPI
import EdgeProxy
import Synchronization

/// Whether visitors should be sent here, for `/readyz`.
final class GateStatus: Sendable {
    private let ledger: ConnectionLedger
    private let isDraining = Atomic(false)

    init(ledger: ConnectionLedger) { self.ledger = ledger }

    /// From now on a load balancer should choose another gate.
    func beginDraining() { isDraining.store(true, ordering: .relaxed) }

    var check: ReadinessCheck {
        ReadinessCheck(name: "gate") { [self] in
            if isDraining.load(ordering: .relaxed) { return .failed(reason: "draining") }
            switch ledger.shortage {
            case .descriptors(let open, let limit)?:
                return .failed(
                    reason: "accepting is paused: \(open) connections are open, and the process's descriptors allow "
                        + "\(limit); raise LimitNOFILE")
            case .memory(let resident, let limit)?:
                return .failed(
                    reason: "accepting is paused: \(resident >> 20) MiB of memory are in use, and gate.limits.memory "
                        + "is \(limit >> 20) MiB")
            case nil: return .ok
            }
        }
    }
}
