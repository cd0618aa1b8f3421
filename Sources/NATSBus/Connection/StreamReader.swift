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

/// Messages of a stream in its order, each once: the library asks again for what was lost on the way. Its calls block.
@safe
final class StreamReader: @unchecked Sendable {
    private let subscription: OpaquePointer

    init(_ subscription: OpaquePointer) { unsafe self.subscription = subscription }

    deinit { unsafe natsSubscription_Destroy(subscription) }

    /// The next message.
    /// - Throws: `away` if none came in that time.
    func next(milliseconds: Int64) throws(NATSError) -> StoredMessage {
        var message: OpaquePointer?
        let status = unsafe natsSubscription_NextMsg(&message, subscription, milliseconds)
        defer { unsafe natsMsg_Destroy(message) }
        guard status == NATS_OK, let message = unsafe message else { throw NATSError(status, "reading the stream") }
        var meta: UnsafeMutablePointer<jsMsgMetaData>?
        let isKnown = unsafe natsMsg_GetMetaData(&meta, message)
        defer { unsafe jsMsgMetaData_Destroy(meta) }
        guard isKnown == NATS_OK, let meta = unsafe meta else {
            throw NATSError(isKnown, "reading a message's place in the stream")
        }
        return unsafe StoredMessage(message, sequence: meta.pointee.Sequence.Stream)
    }
}
