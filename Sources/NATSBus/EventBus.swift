package import Logging
import NIOPosix
import QueueStore
package import RecordChain
package import RoomConfiguration
import Synchronization
import Tracing
package import WaitingRoom

/// Carries events to JetStream: `publish` notes them and returns, a thread writes them to the disk, another sends what is
/// on the disk, in order, and removes what has arrived. So nothing waits for NATS, and what was noted is not lost when
/// NATS is away or the gate ends.
package final class EventBus: Sendable {
    /// What the bus can be asked for at any time.
    package struct Status: Hashable, Sendable {
        /// Events that have not arrived yet.
        package var backlog = 0
        /// Events that have arrived since the process began.
        package var published = 0
        /// Events that did not fit on the disk, or could not be written to it.
        package var lost = 0
        package var isConnected = false
    }

    private struct Noted {
        var events: [RoomEvent] = []
        var isClosing = false
        /// When each room's history began.
        var opened: [RoomID: Timestamp] = [:]
    }

    /// Bytes of events that may wait on the disk.
    package static let bufferLimit: Int64 = 256 << 20
    /// How many are sent before their acknowledgements are waited for.
    private static let batch = 512
    /// How many may wait in memory for a disk that does not take them.
    private static let memoryLimit = 100_000

    /// The stream as the record of a shared store's rooms.
    package let log: StreamLog
    private let link: JetStreamLink
    private let buffer: EventBuffer
    private let logger: Logger
    private let noted: Mutex<Noted>
    private let threads = NIOThreadPool(numberOfThreads: 4)
    private let wakeWriter = Signal()
    private let wakeSender = Signal()
    private let publishedCount = Atomic<Int>(0)
    private let lostCount = Atomic<Int>(0)
    private let writerHasEnded = Atomic<Bool>(false)
    private let senderHasEnded = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)

    /// - Parameters:
    ///   - directory: of the events that wait; this process's alone.
    /// - Throws: `FileError` if the folder cannot be used; `NATSError` if the server is there and its stream is wrong.
    package init(
        _ address: NATSAddress, directory: String, limit: Int64 = bufferLimit, logger: Logger
    ) throws {
        self.logger = logger
        buffer = try EventBuffer(directory: directory, limit: limit, logger: logger)
        link = try JetStreamLink(address, name: "anteroom")
        log = StreamLog(link: link)
        noted = Mutex(Noted())
        if link.client.isConnected { try link.client.ensureStream() }
        threads.start()
    }

    /// Takes over where an earlier process ended: of the events that the journal holds, those that it did not get to are
    /// published.
    /// - Parameters:
    ///   - opened: when the history of each room began.
    ///   - journal: the latest events of the journal, in order.
    package func resume(opened: [RoomID: Timestamp], journal: [RoomEvent]) {
        noted.withLock { $0.opened = opened }
        var next: [RoomID: UInt64] = [:]
        let missing = journal.filter { event in
            guard let mark = buffer.last(of: event.room)?.mark, mark.opened == opened[event.room] else { return true }
            if event.sequence > mark.sequence, next[event.room] == nil { next[event.room] = mark.sequence + 1 }
            return event.sequence > mark.sequence
        }
        for (room, sequence) in next {
            guard let first = missing.first(where: { $0.room == room }), first.sequence > sequence else { continue }
            logger.error(
                "Events are missing from the stream: the journal was compacted before they were buffered",
                metadata: ["queue_id": "\(room)", "from": "\(sequence)", "to": "\(first.sequence - 1)"])
        }
        publish(missing)
    }

    /// Begins to send. `checkouts` is asked what a checkout event does to its session.
    package func start(checkouts: @escaping @Sendable (CheckoutEvent) async -> CheckoutOutcome) {
        if buffer.backlog > 0 {
            logger.notice("Events of an earlier run are sent first", metadata: ["events": "\(buffer.backlog)"])
        }
        threads.submit { _ in self.write() }
        threads.submit { _ in self.send() }
        threads.submit { _ in
            CheckoutConsumer(link: self.link, logger: self.logger, handle: checkouts)
                .run { self.isStopping.load(ordering: .relaxed) }
        }
    }

    /// Notes events, which are in order within each room. Never blocks; any thread may call it.
    package func publish(_ events: [RoomEvent]) {
        guard !events.isEmpty else { return }
        noted.withLock { noted in
            guard noted.events.count < 2 * Self.memoryLimit else {
                lostCount.add(events.count, ordering: .relaxed)
                return
            }
            noted.events += events
        }
        wakeWriter.raise()
    }

    /// Publishes events past the buffer and returns once they are stored; see `StreamLog.publish`.
    package func deliver(_ events: [RoomEvent], opened: Timestamp, after moment: StreamLog.Moment) async throws {
        try await withSpan("publish", ofKind: .producer) { span in
            span.attributes = Self.attributes(of: events.count)
            try await log.publish(events, opened: opened, after: moment)
        }
        publishedCount.add(events.count, ordering: .relaxed)
    }

    /// Of the span of a batch, by the conventions for messaging.
    private static func attributes(of count: Int) -> SpanAttributes {
        [
            "messaging.system": "nats", "messaging.operation.type": "send",
            "messaging.batch.message_count": .int64(Int64(count)),
        ]
    }

    /// How far the chain over a room's events has come that have arrived; nil if none has.
    package func chainHead(of room: RoomID) -> ChainHead? {
        guard let last = buffer.lastConfirmed(of: room), let hash = last.hash else { return nil }
        return ChainHead(room: room, opened: last.mark.opened, sequence: last.mark.sequence, hash: hash)
    }

    package var status: Status {
        Status(
            backlog: buffer.backlog + noted.withLock { $0.events.count },
            published: publishedCount.load(ordering: .relaxed),
            lost: buffer.refused + lostCount.load(ordering: .relaxed), isConnected: link.client.isConnected)
    }

    /// Writes what was noted, sends for a little while what can be sent, and ends. What is left waits on the disk.
    package func close() async {
        noted.withLock { $0.isClosing = true }
        wakeWriter.raise()
        for _ in 0..<100 where !writerHasEnded.load(ordering: .acquiring) {
            try? await Task.sleep(for: .milliseconds(20))
        }
        for _ in 0..<100 where link.client.isConnected && buffer.backlog > 0 {
            try? await Task.sleep(for: .milliseconds(20))
        }
        isStopping.store(true, ordering: .relaxed)
        wakeSender.raise()
        try? await threads.shutdownGracefully()
        await log.close()
        let left = buffer.backlog
        if left > 0 { logger.notice("Events wait on the disk for the next start", metadata: ["events": "\(left)"]) }
    }

    // MARK: From memory to the disk

    private func write() {
        defer { writerHasEnded.store(true, ordering: .releasing) }
        var unwritten: [CloudEvent] = []
        var isFailing = false
        while true {
            if unwritten.isEmpty { wakeWriter.wait(milliseconds: 500) }
            let isClosing = noted.withLock { noted in
                let events = noted.events
                noted.events.removeAll(keepingCapacity: events.count < 10_000)
                for event in events {
                    if event.sequence == 1 { noted.opened[event.room] = event.time }
                    unwritten.append(CloudEvent(event, opened: noted.opened[event.room] ?? Timestamp(milliseconds: 0)))
                }
                return noted.isClosing
            }
            do throws(FileError) {
                let refused = buffer.refused
                if !unwritten.isEmpty { try buffer.append(unwritten) }
                if buffer.refused > refused {
                    logger.error(
                        "Events were lost: the buffer is full because NATS has been away too long",
                        metadata: ["events": "\(buffer.refused - refused)"])
                }
                unwritten.removeAll(keepingCapacity: true)
                isFailing = false
                wakeSender.raise()
            } catch {
                if !isFailing { logger.error("Events cannot be buffered", metadata: ["error": "\(error)"]) }
                isFailing = true
                if unwritten.count > Self.memoryLimit {
                    lostCount.add(unwritten.count, ordering: .relaxed)
                    unwritten.removeAll()
                }
                if !isClosing { wakeWriter.wait(milliseconds: 500) }
            }
            if isClosing { return }
        }
    }

    // MARK: From the disk to NATS

    private func send() {
        var hasStream = false
        var reported: String?
        while !isStopping.load(ordering: .relaxed) {
            do {
                try link.renewIfClosed()
                let client = link.client
                guard client.isConnected else { throw NATSError.away }
                if !hasStream {
                    try client.ensureStream()
                    hasStream = true
                }
                let events = try buffer.next(Self.batch)
                if !events.isEmpty {
                    try withSpan("publish", ofKind: .producer) { span in
                        span.attributes = Self.attributes(of: events.count)
                        try client.publish(events)
                    }
                    try buffer.confirm(events.count)
                    publishedCount.add(events.count, ordering: .relaxed)
                }
                if reported != nil {
                    logger.notice("Events reach NATS again", metadata: ["backlog": "\(buffer.backlog)"])
                    reported = nil
                }
                if events.isEmpty { wakeSender.wait(milliseconds: 1000) }
            } catch {
                if !link.client.isConnected { hasStream = false }
                if (error as? NATSError)?.code == .refused { hasStream = false }
                let text = "\(error)"
                if reported == nil {
                    logger.error(
                        "Events do not reach NATS; they wait",
                        metadata: ["error": "\(text)", "backlog": "\(buffer.backlog)"])
                }
                reported = text
                wakeSender.wait(milliseconds: 500, ignoringRaises: true) { self.isStopping.load(ordering: .relaxed) }
            }
        }
    }
}
