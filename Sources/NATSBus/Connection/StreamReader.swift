import CNATS

/// A message that a stream keeps.
struct StoredMessage: Hashable, Sendable {
    let subject: String
    let body: [UInt8]
    /// Its place in the stream.
    let sequence: UInt64

    init(_ message: OpaquePointer, sequence: UInt64) {
        subject = unsafe String(cString: natsMsg_GetSubject(message))
        let count = Int(unsafe natsMsg_GetDataLength(message))
        body =
            unsafe natsMsg_GetData(message).map { data in
                unsafe Array(UnsafeRawBufferPointer(start: data, count: count))
            } ?? []
        self.sequence = sequence
    }
}

/// Messages of a stream in its order, each once, from a pull consumer that ends with it. For one reader; its calls block.
///
/// Pulled, not pushed: the library (3.4.1) has been seen to use an ordered push subscription after it was destroyed while
/// messages came.
@safe
final class StreamReader: @unchecked Sendable {
    /// For so long, in nanoseconds, the server keeps the consumer of a reader that is gone.
    static let inactivity: Int64 = 60 * 1_000_000_000

    private let subscription: OpaquePointer
    /// It has to outlive the subscription.
    private let client: JetStreamClient
    /// How many messages the server had beyond the last one.
    private var pending = 1
    private var count: UInt64 = 0

    init(_ subscription: OpaquePointer, of client: JetStreamClient) {
        unsafe self.subscription = subscription
        self.client = client
    }

    deinit { unsafe natsSubscription_Destroy(subscription) }

    /// The next messages, at most `limit`; at least one.
    /// - Throws: `away` if none came in that time, or one was lost on the way.
    func next(_ limit: Int, milliseconds: Int64) throws(NATSError) -> [StoredMessage] {
        var list = unsafe natsMsgList()
        let wanted = Int32(max(1, min(limit, pending)))
        let status = unsafe natsSubscription_Fetch(&list, subscription, wanted, milliseconds, nil)
        defer { unsafe natsMsgList_Destroy(&list) }
        guard status == NATS_OK else { throw NATSError(status, "reading the stream") }
        var messages: [StoredMessage] = []
        messages.reserveCapacity(Int(unsafe list.Count))
        for index in 0..<Int(unsafe list.Count) {
            guard let message = unsafe list.Msgs[index] else { continue }
            var meta: UnsafeMutablePointer<jsMsgMetaData>?
            let isKnown = unsafe natsMsg_GetMetaData(&meta, message)
            defer { unsafe jsMsgMetaData_Destroy(meta) }
            guard isKnown == NATS_OK, let meta = unsafe meta else {
                throw NATSError(isKnown, "reading a message's place in the stream")
            }
            count += 1
            guard unsafe meta.pointee.Sequence.Consumer == count else {
                throw NATSError(.away, "a message of the stream was lost on the way")
            }
            pending = Int(clamping: unsafe meta.pointee.NumPending)
            messages.append(unsafe StoredMessage(message, sequence: meta.pointee.Sequence.Stream))
        }
        return messages
    }
}
