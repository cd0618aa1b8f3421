package import AbuseGuard
package import QueueStore
package import RoomConfiguration
package import SessionTokens
import Synchronization
package import WaitingRoom

/// What the desks of all event loops share.
package final class VisitorServices: Sendable {
    package let store: any QueueStore
    package let signer: TokenSigner
    package let keys: KeyRing
    package let salt: BindingSalt
    package let monitor: RoomMonitor
    package let chainHeads = ChainHeadBoard()
    package let limits = CallLimits()
    package let handovers = HandoverTotals()
    let handoverKeys: HandoverKeys
    package let abuse: AbuseWatch
    let captcha: (any CaptchaVerifier)?
    package let clock: @Sendable () -> Timestamp
    /// Whether this is an operator's key of the admin API.
    let isOperatorKey: @Sendable ([UInt8]) -> Bool
    private let mutable: Mutex<Mutable>
    private let moveListeners = Mutex<[@Sendable (PositionID, BindingDigest) -> Void]>([])

    private struct Mutable {
        var pages: PageRenderer
        var lifetime: Milliseconds
        var api: APIConfiguration
    }

    /// - Parameters:
    ///   - abuse: nil: one of its own.
    ///   - captcha: nil: no answer to a captcha can be judged.
    package init(
        store: any QueueStore, signer: TokenSigner, keys: KeyRing, salt: BindingSalt, monitor: RoomMonitor,
        abuse: AbuseWatch? = nil, captcha: (any CaptchaVerifier)? = nil, pages: PageRenderer,
        lifetime: Milliseconds,
        api: APIConfiguration = APIConfiguration(),
        isOperatorKey: @escaping @Sendable ([UInt8]) -> Bool = { _ in false },
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.signer = signer
        self.keys = keys
        self.salt = salt
        self.monitor = monitor
        self.abuse = abuse ?? AbuseWatch(salt: salt)
        self.captcha = captcha
        self.isOperatorKey = isOperatorKey
        handoverKeys = HandoverKeys(salt: salt)
        self.clock = clock
        mutable = Mutex(Mutable(pages: pages, lifetime: lifetime, api: api))
    }

    package func apply(pages: PageRenderer, lifetime: Milliseconds, api: APIConfiguration) {
        mutable.withLock { $0 = Mutable(pages: pages, lifetime: lifetime, api: api) }
    }

    /// Has every event loop told of positions that are bound to another network from now on.
    package func onMove(_ listener: @escaping @Sendable (PositionID, BindingDigest) -> Void) {
        moveListeners.withLock { $0.append(listener) }
    }

    func announceMove(of position: PositionID, to binding: BindingDigest) {
        for listener in moveListeners.withLock({ $0 }) { listener(position, binding) }
    }

    var pages: PageRenderer { mutable.withLock { $0.pages } }
    var api: APIConfiguration { mutable.withLock { $0.api } }
    /// How long a token is good.
    var lifetime: Milliseconds { mutable.withLock { $0.lifetime } }
}
