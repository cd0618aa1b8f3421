import Dispatch
import Logging
import QueueStore
package import WaitingRoom

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a shop says of a session: `checkout.completed`, `checkout.failed` or `checkout.expired`.
package struct CheckoutEvent: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case completed, failed, expired
    }

    package let kind: Kind
    package let session: SessionID
    package let room: RoomID
}

/// What became of it.
package enum CheckoutOutcome: Hashable, Sendable {
    /// The slot is free, by this message or before it.
    case applied
    /// It can never be applied.
    case impossible(String)
    /// The store is away.
    case later(String)
}

/// Takes checkout events from a durable consumer that all gates share, and puts those that can never be applied, with
/// the reason, under `waiting_room.dead_letter`.
struct CheckoutConsumer {
    static let subjects = "checkout.*"
    static let durable = "anteroom-checkout"
    /// Made where no stream takes the subjects.
    static let stream = "CHECKOUT"
    static let deadLetter = "waiting_room.dead_letter"
    /// How often one is tried while the store is away, every five seconds: about half an hour.
    private static let deliveries = 360

    let link: JetStreamLink
    let logger: Logger
    let handle: @Sendable (CheckoutEvent) async -> CheckoutOutcome

    /// Blocks this thread until `isOver`.
    func run(until isOver: () -> Bool) {
        var consumer: PullConsumer?
        var isReported = false
        while !isOver() {
            let client = link.client
            if consumer?.client !== client { consumer = nil }
            do throws(NATSError) {
                guard client.isConnected else { throw NATSError.away }
                let current: PullConsumer
                if let consumer {
                    current = consumer
                } else {
                    current = try client.consumer(
                        of: Self.subjects, durable: Self.durable, streamIfNone: Self.stream)
                }
                consumer = current
                for message in try current.fetch(32, milliseconds: 500) { try take(message) }
                isReported = false
            } catch {
                // Where the consumer or its stream is gone it is made anew.
                if error.code != .away { consumer = nil }
                if !isReported, error.code != .away {
                    logger.error("Checkout events cannot be read", metadata: ["error": "\(error)"])
                    isReported = true
                }
                for _ in 0..<20 where !isOver() { _ = DispatchSemaphore(value: 0).wait(timeout: .now() + 0.05) }
            }
        }
    }

    private func take(_ message: PullConsumer.Message) throws(NATSError) {
        switch Self.read(message.subject, message.body) {
        case .failure(let unreadable): try bury(message, unreadable.reason)
        case .success(let event):
            switch wait(for: event) {
            case .applied: message.acknowledge()
            case .impossible(let reason): try bury(message, reason)
            case .later(let reason):
                if message.deliveries >= Self.deliveries {
                    try bury(message, reason)
                } else {
                    message.postpone(milliseconds: 5000)
                }
            }
        }
    }

    /// This thread has nothing else to do.
    private func wait(for event: CheckoutEvent) -> CheckoutOutcome {
        let done = DispatchSemaphore(value: 0)
        let result = Result()
        let handle = handle
        Task {
            result.outcome = await handle(event)
            done.signal()
        }
        done.wait()
        return result.outcome
    }

    /// Written before the semaphore is signalled, read after.
    private final class Result: @unchecked Sendable {
        var outcome = CheckoutOutcome.later("")
    }

    private func bury(_ message: PullConsumer.Message, _ reason: String) throws(NATSError) {
        logger.warning(
            "A checkout event could not be applied",
            metadata: ["subject": "\(message.subject)", "reason": "\(reason)"])
        var text = JSONText()
        text.object {
            $0.member("subject", message.subject)
            $0.member("reason", reason)
            $0.member("data", String(decoding: message.body.prefix(64 * 1024), as: UTF8.self))
        }
        try link.client.publish(subject: Self.deadLetter, json: text.bytes, headers: [("Anteroom-Reason", reason)])
        message.acknowledge()
    }

    private struct Message: Decodable {
        struct Content: Decodable {
            var sessionID: String?
            var queueID: String?

            enum CodingKeys: String, CodingKey {
                case sessionID = "session_id"
                case queueID = "queue_id"
            }
        }

        var sessionID: String?
        var queueID: String?
        var data: Content?

        enum CodingKeys: String, CodingKey {
            case sessionID = "session_id"
            case queueID = "queue_id"
            case data
        }
    }

    struct Unreadable: Error, Hashable {
        let reason: String
    }

    /// `{"session_id": …, "queue_id": …}`; other members are ignored. A CloudEvent is read too: then they are in `data`.
    static func read(_ subject: String, _ body: [UInt8]) -> Swift.Result<CheckoutEvent, Unreadable> {
        guard let kind = CheckoutEvent.Kind.allCases.first(where: { subject == "checkout.\($0.rawValue)" }) else {
            return .failure(
                Unreadable(reason: "the subject \(subject) is none of checkout.completed, .failed, .expired"))
        }
        guard let message = try? JSONDecoder().decode(Message.self, from: Data(body)) else {
            return .failure(
                Unreadable(reason: "the message is not a JSON object with the texts session_id and queue_id"))
        }
        guard let text = message.sessionID ?? message.data?.sessionID else {
            return .failure(Unreadable(reason: "session_id is missing"))
        }
        guard let session = SessionID(text) else { return .failure(Unreadable(reason: "session_id is not a UUID")) }
        guard let text = message.queueID ?? message.data?.queueID else {
            return .failure(Unreadable(reason: "queue_id is missing"))
        }
        guard let room = RoomID(text) else { return .failure(Unreadable(reason: "queue_id is not a room's id")) }
        return .success(CheckoutEvent(kind: kind, session: session, room: room))
    }
}
