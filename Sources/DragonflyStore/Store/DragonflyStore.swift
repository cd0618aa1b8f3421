package import Logging
package import NIOCore
package import QueueStore
package import RoomConfiguration
import Synchronization
package import WaitingRoom

/// The shared store: rooms in a DragonflyDB or Redis, for any number of gates.
///
/// Every step is one script, so it is atomic. Its events are appended by the same script to an outbox in the store,
/// which a gate drains (`outbox`, `trimOutbox`). While there is no connection every step throws `unavailable` at once.
/// The outcome of a step that threw is open; a repeated call finds it, because ids are chosen by the caller.
package final class DragonflyStore: QueueStore {
    let connection: StoreConnection
    let clock: (@Sendable () -> Timestamp)?
    let viewLifetime: Milliseconds
    /// What `places` is answered from.
    let watches = Mutex<[RoomID: LineWatch]>([:])
    private let views = Mutex<[RoomID: RoomView]>([:])
    let joins = Mutex<[RoomID: JoinQueue]>([:])
    /// Of rooms in whose pre-queue somebody joined at this gate.
    let draws = Mutex<[RoomID: JoinDraw]>([:])
    /// The highest join sequence that this gate was told, by room.
    let lastJoins = Mutex<[RoomID: UInt64]>([:])
    let activityDelay: Milliseconds
    let needsTrust: Bool
    /// On which connection each room was found to be as new as its record.
    let trusted = Mutex<[RoomID: Int]>([:])
    /// Why the others are closed.
    let closed = Mutex<[RoomID: String]>([:])

    /// - Parameters:
    ///   - needsTrust: whether a room takes steps only after `trust`, on the connection for which that was said.
    ///   - viewLifetime: how old an answer of `places` may be; zero asks the store each time.
    ///   - activityDelay: how long a sign of life may lie at another gate before it is in the store: so much longer nobody
    ///     is taken for silent.
    ///   - timeout: for each command; a connection on which one takes longer is given up.
    ///   - clock: for tests; nil lets the store's own clock decide.
    ///   - caFile: for `rediss://`, certificates (PEM) that sign the server's; nil trusts those of the system.
    /// - Throws: `unavailable` if TLS cannot be set up. Nothing is connected yet.
    package init(
        address: StoreAddress, needsTrust: Bool = false, viewLifetime: Milliseconds = Milliseconds(0),
        activityDelay: Milliseconds = Milliseconds(0), eventLoopGroup: any EventLoopGroup,
        timeout: Duration = .seconds(2), clock: (@Sendable () -> Timestamp)? = nil, caFile: String? = nil,
        logger: Logger
    ) throws(StoreError) {
        self.clock = clock
        self.needsTrust = needsTrust
        self.viewLifetime = viewLifetime
        self.activityDelay = activityDelay
        connection = try StoreConnection(
            address: address, group: eventLoopGroup, timeout: timeout, caFile: caFile, logger: logger)
    }

    /// Makes one attempt to connect, unless connected.
    package func connect() async throws(StoreError) { try await connection.connect() }

    /// Keeps the store connected until the task is cancelled or `close` is called.
    package func run() async { await connection.run() }

    /// Lets go of the present connection; `run` makes another, to whatever the address names then.
    package func reconnect() { connection.reconnect() }

    /// Lets go of the connection for good.
    package func close() { connection.close() }

    /// Whether the store answers.
    package func ping() async throws(StoreError) { _ = try await command("PING") }

    var timeArgument: String { clock.map { "\($0().milliseconds)" } ?? "" }

    /// The time by which the scripts go.
    package func now() async throws(StoreError) -> Timestamp {
        if let clock { return clock() }
        let parts = try await command("TIME").array?.compactMap(\.integer) ?? []
        guard parts.count == 2 else { throw StoreError(.corrupt, "the store does not tell the time") }
        return Timestamp(milliseconds: Int64(parts[0]) * 1000 + Int64(parts[1]) / 1000)
    }

    // MARK: Commands and scripts

    func command(_ words: String...) async throws(StoreError) -> Reply { try await command(Command(words)) }

    func command(_ command: Command) async throws(StoreError) -> Reply {
        try Self.checked(try await connection.send(command), nil)
    }

    func view(of room: RoomID) -> RoomView? { views.withLock { $0[room] } }

    func remember(_ view: RoomView?, of room: RoomID) { views.withLock { $0[room] = view } }

    /// Runs a script of a room. It is repeated with the keys that it asks for: those follow from what it finds, and that
    /// may change in between, so the attempts are bounded.
    /// - Parameter pinned: the connection on which it may run; nil: the one on which the room is trusted.
    func run(
        _ script: Script, in room: RoomID, keys guessed: [String] = [], on pinned: Int? = nil, _ arguments: [String]
    ) async throws(StoreError) -> Reply {
        let names = RoomKeys(room: room)
        let number = if let pinned { pinned } else { try trustedConnection(for: room) }
        var keys = names.always(view(of: room)) + guessed
        for _ in 0..<16 {
            let reply: Reply
            do throws(StoreError) {
                reply = try Self.checked(
                    try await connection.run(script, keys: keys, arguments: [timeArgument] + arguments, on: number),
                    room)
            } catch {
                if error.code == .unknownRoom { distrust(room) }
                throw error
            }
            guard case .array(let words) = reply, words.first == .text("NEED") else { return reply }
            let needed = words.dropFirst().compactMap(\.text)
            learnEpoch(from: needed, names)
            keys += needed
        }
        throw StoreError(.unavailable, "room \(room) changes too fast; try again")
    }

    private func learnEpoch(from keys: [String], _ names: RoomKeys) {
        guard let key = keys.first(where: { $0.hasSuffix(":lanes") }) else { return }
        remember(RoomView(epoch: String(key.dropFirst(names.root.count).dropLast(6))), of: names.room)
    }

    private static func checked(_ reply: Reply, _ room: RoomID?) throws(StoreError) -> Reply {
        guard case .error(let text) = reply else { return reply }
        let code = text.prefix { $0 != " " }
        switch code {
        case "NOROOM": throw StoreError(.unknownRoom, "room \(room?.text ?? "") was never configured")
        case "BUSY": throw StoreError(.unavailable, "room \(room?.text ?? "") is being restored from the event log")
        case "LOADING": throw StoreError(.unavailable, "the store is still loading its snapshot")
        case "OOM", "-OOM": throw StoreError(.unavailable, "the store's memory is full: \(text)")
        case "WRONGTYPE": throw StoreError(.corrupt, "a key of the store holds something else: \(text)")
        default: throw StoreError(.unavailable, "the store refuses: \(text)")
        }
    }
}
