import EdgeProxy
import Logging
import Synchronization

/// Says in the log, once, that an origin gets no requests any more or gets them again, however many event loops and
/// checks find it out.
final class OriginNotices: Sendable {
    /// How many loops have ejected an endpoint.
    private let ejected = Mutex<[Endpoint: Int]>([:])
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// A loop has found something out.
    func tell(_ change: EndpointChange) {
        switch change.verdict {
        case .ejected(let failure):
            let isFirst = ejected.withLock { ejected in
                ejected[change.endpoint, default: 0] += 1
                return ejected[change.endpoint] == 1
            }
            guard isFirst else { return }
            logger.warning(
                "An origin is out: its last requests failed",
                metadata: ["upstream": "\(change.endpoint.name)", "last": "\(failure.name)"])
        case .returned:
            let isLast = ejected.withLock { ejected in
                guard let count = ejected[change.endpoint] else { return false }
                ejected[change.endpoint] = count > 1 ? count - 1 : nil
                return count == 1
            }
            guard isLast else { return }
            logger.notice("An origin is back: it answers again", metadata: ["upstream": "\(change.endpoint.name)"])
        }
    }

    /// The checks have turned their verdict.
    func tell(_ endpoint: Endpoint, isUp: Bool, found: String) {
        if isUp {
            logger.notice("An origin is up: its checks are good again", metadata: ["upstream": "\(endpoint.name)"])
        } else {
            logger.warning(
                "An origin is down: its checks fail",
                metadata: ["upstream": "\(endpoint.name)", "last": "\(found)"])
        }
    }

    /// The loops have forgotten endpoints that are no longer configured.
    func forget(allBut endpoints: [Endpoint]) {
        let endpoints = Set(endpoints)
        ejected.withLock { ejected in ejected = ejected.filter { endpoints.contains($0.key) } }
    }
}
