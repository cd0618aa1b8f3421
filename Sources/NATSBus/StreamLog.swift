import NIOPosix
import QueueStore
package import RecordChain
package import RoomConfiguration
package import WaitingRoom

/// The stream as the record of rooms that a shared store may lose: what it holds of a room, its events from the first on,
/// and new ones put behind them in such a way that nobody else's come in between.
///
/// Every call throws `NATSError`; `away` while NATS is not connected.
package final class StreamLog: Sendable {
    /// Where the record of a room ends.
    package struct Standing: Hashable, Sendable {
        /// When the history began.
        package let opened: Timestamp
        package let lastSequence: UInt64
        /// The generation that the last restoration gave to the store; nil if there was none.
        package let generation: String?
        /// When that was, by the store's clock.
        package let restored: Timestamp?

        package init(opened: Timestamp, lastSequence: UInt64, generation: String?, restored: Timestamp? = nil) {
            self.opened = opened
            self.lastSequence = lastSequence
            self.generation = generation
            self.restored = restored
        }
    }

    /// A moment of the stream: what is published `after` it is stored only if nothing else came in between.
    package struct Moment: Hashable, Sendable {
        let sequence: UInt64
        let generation: String
        /// The last event of the room that the stream holds; 0 if none.
        package let lastSequence: UInt64
        /// Of the room's last message; nil if there is none, or it has none.
        let hash: ChainHash?
    }

    private let link: JetStreamLink
    /// One, so that what is published is in order.
    private let threads = NIOThreadPool(numberOfThreads: 1)

    init(link: JetStreamLink) {
        self.link = link
        threads.start()
    }

    /// Begins to connect; see `waitForConnection`.
    package convenience init(_ address: NATSAddress, name: String) throws(NATSError) {
        self.init(link: try JetStreamLink(address, name: name))
    }

    /// Returns once NATS is connected.
    /// - Throws: `away` if it is not by then.
    package func waitForConnection(_ limit: Duration) async throws {
        let end = ContinuousClock.now + limit
        while !client.isConnected {
            guard ContinuousClock.now < end else { throw NATSError.away }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    var client: JetStreamClient { link.client }

    package var isConnected: Bool { client.isConnected }

    package func close() async { try? await threads.shutdownGracefully() }

    /// What the stream holds of a room; nil if nothing.
    package func standing(of room: RoomID) async throws -> Standing? {
        try await blocking { log in try log.end(of: room).map(\.standing) }
    }

    /// The present moment, for a publication of a room's events from a store of that generation, which has come to that
    /// sequence. The store must be asked for the events after this.
    /// - Throws: `superseded` if the room goes on in another store, or this one has lost events.
    package func moment(
        for room: RoomID, opened: Timestamp, generation: String, lastSequence: UInt64
    ) async throws -> Moment {
        try await blocking { log in
            // In this order: what comes after this sequence makes the publication fail.
            let sequence = try log.client.lastSequence()
            guard let end = try log.end(of: room), end.standing.opened >= opened else {
                return Moment(sequence: sequence, generation: generation, lastSequence: 0, hash: nil)
            }
            let standing = end.standing
            guard standing.opened == opened, (standing.generation ?? generation) == generation else {
                throw NATSError(.superseded, "the events of room \(room) go on in a store that was restored later")
            }
            guard standing.lastSequence <= lastSequence else {
                throw NATSError(
                    .superseded,
                    "the stream has room \(room) at event \(standing.lastSequence), the store at \(lastSequence)")
            }
            return Moment(
                sequence: sequence, generation: generation, lastSequence: standing.lastSequence,
                hash: end.hash)
        }
    }

    /// Publishes events, each with the hash that follows from the one before, and returns once they are stored, all in
    /// order.
    /// - Throws: `conflict` if somebody else has published since `moment`; whatever was thrown, any first part of the
    ///   events may have been stored, and all may be given again.
    package func publish(_ events: [RoomEvent], opened: Timestamp, after moment: Moment) async throws {
        // Two stores may have two events of the same number, and the second is no copy of the first.
        var hash = moment.hash
        let told = events.map { event in
            let event = CloudEvent(event, opened: opened, generation: moment.generation).chained(after: hash)
            hash = event.hash
            return event
        }
        try await blocking { log in try log.client.publish(told, after: moment.sequence) }
    }

    /// How far the chain over a room's events has come; nil if there is none.
    package func chainHead(of room: RoomID) async throws -> ChainHead? {
        try await blocking { log in
            guard let end = try log.end(of: room), let hash = end.hash else { return nil }
            return ChainHead(
                room: room, opened: end.standing.opened, sequence: end.standing.lastSequence, hash: hash)
        }
    }

    /// Puts a signed head of a room's chain into the stream, where it is one of nobody's events.
    package func publish(_ head: ChainHead, signature: String, at time: Timestamp) async throws {
        let notice = ChainHeadNotice(head: head, signature: signature, time: time)
        try await blocking { log in
            try log.client.publish(
                subject: ChainHeadNotice.subject(of: head.room), json: notice.json,
                headers: [("Nats-Msg-Id", notice.id)])
        }
    }

    /// The room's events from the first on.
    /// - Parameter kept: hashes that somebody kept, by the sequence of the event, for `StreamHistory.chain`.
    /// - Throws: `refused` if the stream holds nothing of the room.
    package func history(of room: RoomID, kept: [UInt64: ChainHash] = [:]) async throws -> StreamHistory {
        let (end, reader) = try await blocking { log in
            guard let end = try log.end(of: room) else {
                throw NATSError(.refused, "the stream holds nothing of room \(room)")
            }
            return (end, try log.client.reader(of: Self.subjects(of: room)))
        }
        return StreamHistory(
            log: self, reader: reader, room: room, opened: end.standing.opened, end: end.position,
            chain: ChainChecker(kept: kept))
    }

    /// The last word of a room in the stream, and its place there.
    struct End {
        let standing: Standing
        let position: UInt64
        let hash: ChainHash?
    }

    func end(of room: RoomID) throws(NATSError) -> End? {
        guard let (logged, message) = try lastWord(of: room) else { return nil }
        let hash = ChainLink.hash(of: message.body[...])
        switch logged {
        case .restored(let notice):
            return End(
                standing: Standing(
                    opened: notice.opened, lastSequence: notice.lastSequence, generation: notice.generation,
                    restored: notice.time),
                position: message.sequence, hash: hash)
        case .event(let event, let opened):
            var notice: RestorationNotice?
            if let message = try client.lastMessage(of: RestorationNotice.subject(of: room)),
                case .restored(let last) = try Self.read(message), last.opened == opened
            {
                notice = last
            }
            return End(
                standing: Standing(
                    opened: opened, lastSequence: event.sequence, generation: notice?.generation,
                    restored: notice?.time),
                position: message.sequence, hash: hash)
        }
    }

    /// The last message that is one of the room's.
    private func lastWord(of room: RoomID) throws(NATSError) -> (LoggedEvent, StoredMessage)? {
        guard let last = try client.lastMessage(of: Self.subjects(of: room)) else { return nil }
        if let logged = try Self.read(last) { return (logged, last) }
        // Somebody else has published there: the subjects one by one.
        var found: (LoggedEvent, StoredMessage)?
        for kind in Self.kinds {
            guard let message = try client.lastMessage(of: "waiting_room.\(room).\(kind)"),
                message.sequence > found?.1.sequence ?? 0, let logged = try Self.read(message)
            else { continue }
            found = (logged, message)
        }
        return found
    }

    /// Notes that a room goes on in a store of another generation, which has what the stream has.
    /// - Returns: false if the stream has more than `standing` by now.
    package func seal(
        _ room: RoomID, at standing: Standing, generation: String, time: Timestamp
    ) async throws -> Bool {
        try await blocking { log in
            guard let end = try log.end(of: room), end.standing == standing else { return false }
            let notice = RestorationNotice(
                room: room, opened: standing.opened, generation: generation, lastSequence: standing.lastSequence,
                time: time)
            return try log.seal(notice, after: end.position)
        }
    }

    /// Puts the notice at the end of the stream, if nothing of the room has come since `position`.
    func seal(_ notice: RestorationNotice, after position: UInt64) throws(NATSError) -> Bool {
        for _ in 0..<20 {
            let last = try client.lastSequence()
            guard let end = try end(of: notice.room), end.position <= position else { return false }
            var json = notice.json
            if let hash = end.hash { _ = ChainLink.close(&json, after: hash) }
            do throws(NATSError) {
                try client.publish(
                    subject: RestorationNotice.subject(of: notice.room), json: json,
                    headers: [("Nats-Msg-Id", notice.id)], after: last)
                return true
            } catch {
                // Another room's event came first.
                if error.code != .conflict { throw error }
            }
        }
        throw NATSError(.conflict, "the stream never rests long enough to note the restoration of room \(notice.room)")
    }

    /// What a message says; nil if it is not what is published under its subject.
    /// - Throws: where it should be, and cannot be read.
    static func read(_ message: StoredMessage) throws(NATSError) -> LoggedEvent? {
        guard kinds.contains(where: { message.subject.hasSuffix(".\($0)") }) else { return nil }
        do throws(UnreadableEvent) {
            let logged = try LoggedEvent(json: message.body)
            return logged.subject == message.subject ? logged : nil
        } catch {
            throw NATSError(
                .refused,
                "message \(message.sequence) of the stream, \(message.subject), \(error); if it is nobody's, remove it: "
                    + "nats stream rmm \(JetStreamClient.stream) \(message.sequence)")
        }
    }

    /// What is published of a room; a message of any other kind is somebody else's.
    static let kinds = [
        "position.enqueued", "position.admitted", "position.expired", "position.left", "session.started",
        "session.expired", "session.completed", "session.terminated", "position.terminated", "position.moved",
        "position.handed_over", "admission.granted", "pass.used", "room.updated", "room.overridden", "draw.started",
        "draw.revealed", RestorationNotice.type,
    ]

    private static func subjects(of room: RoomID) -> String { "waiting_room.\(room).>" }

    func blocking<Result: Sendable>(_ work: @escaping @Sendable (StreamLog) throws -> Result) async throws -> Result {
        guard client.isConnected else { throw NATSError.away }
        return try await threads.runIfActive { try work(self) }
    }
}
