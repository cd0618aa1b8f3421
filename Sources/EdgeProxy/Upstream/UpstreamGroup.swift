import SessionTokens
import VisitorAPI
import WaitingRoom

/// The pools of one target on one event loop, and which of them a request goes to.
final class UpstreamGroup {
    let target: UpstreamTarget
    private let pools: ContiguousArray<UpstreamPool>
    private var balancer = Balancer()

    init(_ target: UpstreamTarget, pools: ContiguousArray<UpstreamPool>) {
        self.target = target
        self.pools = pools
    }

    /// Sets the exchange's pool; nil if nobody may be asked now. Endpoints that it has been to are left out.
    func choose(for exchange: Exchange, at now: Int64) -> UpstreamEndpoint? {
        if pools.count == 1, pools[0].health.isIn {
            exchange.pool = pools[0]
            return target.endpoints[0]
        }
        let key = target.isSticky ? Self.key(of: exchange) : nil
        let mayTry = exchange.isIdempotent && !exchange.hasBody && !exchange.upgradesToWebSocket
        let choice = balancer.choose(
            among: pools, tried: exchange.triedEndpoints, key: key, mayTry: mayTry, now: now)
        let index: Int
        switch choice {
        case .healthy(let healthy): index = healthy
        case .trial(let out, let isLastResort):
            index = out
            pools[out].beginTrial(isLastResort: isLastResort)
            exchange.isTrial = true
        case .none:
            exchange.pool = nil
            return nil
        }
        exchange.triedEndpoints |= 1 << UInt64(index)
        exchange.pool = pools[index]
        return target.endpoints[index]
    }

    /// A request without a session sticks to its visitor's address.
    private static func key(of exchange: Exchange) -> UInt64 {
        guard let session = exchange.session?.sessionID ?? exchange.grant?.holder?.session else {
            return Balancer.hash(exchange.clientAddress)
        }
        return Balancer.mixed(session.bits.high) ^ session.bits.low
    }
}
