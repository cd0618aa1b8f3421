import RoomConfiguration
import Synchronization

/// The visitors' open connections, of all event loops: how many there are at each listener and of each address, and
/// whether there is room for more. Its lock is taken when a connection begins or ends, and by sweeps; never by a
/// request.
package final class ConnectionLedger: Sendable {
    /// Why a connection was closed before its first request; the `reason` label.
    package enum Refusal: String, Hashable, Sendable, CaseIterable, Error {
        /// `gate.limits.connections`.
        case connections
        /// `gate.limits.connections_per_address`.
        case address = "connections_per_address"
        /// Beyond what the process's descriptors allow.
        case descriptors
        /// A listener with `proxy_protocol` takes connections from `gate.trusted_proxies` alone.
        case untrustedProxy = "untrusted_proxy"
        case proxyHeader = "proxy_header"
        /// The PROXY protocol header did not come in time.
        case proxyTimeout = "proxy_timeout"
        /// TLS came to nothing, or not in time: port scans, old clients.
        case handshake = "tls_handshake"
        /// An https listener whose certificates a reload has taken away.
        case noCertificate = "no_certificate"
    }

    /// What is scarce at the moment.
    package enum Shortage: Hashable, Sendable {
        case descriptors(open: Int, limit: Int)
        case memory(resident: Int, limit: Int)
    }

    private struct State {
        var total = 0
        var listeners: [Int: Int] = [:]
        /// Only of addresses that have open connections, so it is no larger than `total`.
        var addresses: [CustomerNetwork: Int] = [:]
        var memory: Shortage?
        /// From the moment that only the slack is left until twice as much is free.
        var isFull = false
    }

    /// How many descriptors there are for connections, to visitors and to origins.
    private let capacity: Int
    /// Kept for origins: most connections of visitors are idle, and those that are not need one to an origin.
    private let reserve: Int
    /// How many a loop accepts at a time: it cannot be stopped in between.
    package let burst: Int
    /// Left free for what loops accept before they hear that it is enough.
    private let slack: Int
    private let state = Mutex(State())
    /// Connections to origins, those included that are being made.
    private let toOrigins = Atomic<Int>(0)

    /// - `capacity`: descriptors for connections.
    package init(capacity: Int = 1 << 40, loops: Int = 1) {
        self.capacity = capacity
        reserve = capacity / 4
        burst = min(64, max(1, capacity / 32 / loops))
        slack = burst * loops
    }

    /// How many visitors' connections there may be while origins take no more than what is kept for them.
    package var limit: Int { capacity - reserve }

    /// Counts a connection at a listener.
    /// - Parameter limit: 0 is none.
    /// - Throws: why it must be closed; then it is not counted.
    func enter(listener: Int, limit: Int) throws(Refusal) {
        try state.withLock { state throws(Refusal) in
            if left(state) <= 0 { throw .descriptors }
            if limit > 0, state.listeners[listener, default: 0] >= limit { throw .connections }
            state.total += 1
            state.listeners[listener, default: 0] += 1
        }
    }

    /// How many more visitors there is room for.
    private func left(_ state: borrowing State) -> Int {
        capacity - state.total - max(reserve, toOrigins.load(ordering: .relaxed))
    }

    /// Whether there is a descriptor for another connection to an origin.
    var hasRoomForOrigin: Bool {
        state.withLock { $0.total } + toOrigins.load(ordering: .relaxed) < capacity
    }

    func enterOrigin() { toOrigins.add(1, ordering: .relaxed) }

    func leaveOrigin() { toOrigins.subtract(1, ordering: .relaxed) }

    func leave(listener: Int) {
        state.withLock { state in
            state.total -= 1
            state.listeners[listener, default: 0] -= 1
        }
    }

    /// Counts a connection of an address, beside its listener.
    func enter(_ address: IPAddress, limit: Int) throws(Refusal) {
        let key = CustomerNetwork(of: address)
        try state.withLock { state throws(Refusal) in
            let count = state.addresses[key] ?? 0
            if limit > 0, count >= limit { throw .address }
            state.addresses[key] = count + 1
        }
    }

    func leave(_ address: IPAddress) {
        let key = CustomerNetwork(of: address)
        state.withLock { state in
            guard let count = state.addresses[key] else { return }
            state.addresses[key] = count > 1 ? count - 1 : nil
        }
    }

    /// Open connections of visitors, of all loops.
    package var total: Int { state.withLock { $0.total } }

    package func open(at listener: Int) -> Int { state.withLock { $0.listeners[listener] ?? 0 } }

    /// How many addresses have connections.
    var addresses: Int { state.withLock { $0.addresses.count } }

    /// Told by whoever watches the process's memory; nil when there is enough again.
    package func setMemory(_ shortage: Shortage?) { state.withLock { $0.memory = shortage } }

    /// Why nobody new should be accepted now.
    package var shortage: Shortage? {
        state.withLock { state in
            if let memory = state.memory { return memory }
            let left = left(state)
            state.isFull = left <= (state.isFull ? 2 * slack : slack)
            return state.isFull ? .descriptors(open: state.total, limit: limit) : nil
        }
    }
}
