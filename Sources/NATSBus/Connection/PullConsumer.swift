import CNATS

/// Messages that are fetched, and acknowledged one by one. Its calls block.
@safe
final class PullConsumer: @unchecked Sendable {
    private let subscription: OpaquePointer
    /// It has to outlive the subscription.
    let client: JetStreamClient

    init(_ subscription: OpaquePointer, of client: JetStreamClient) {
        unsafe self.subscription = subscription
        self.client = client
    }

    deinit { unsafe natsSubscription_Destroy(subscription) }

    /// One message, from its delivery to its acknowledgement.
    @safe
    final class Message {
        private let message: OpaquePointer
        let subject: String
        let body: [UInt8]
        /// How often it was delivered, this time included.
        let deliveries: Int

        fileprivate init(_ message: OpaquePointer) {
            unsafe self.message = message
            subject = unsafe String(cString: natsMsg_GetSubject(message))
            let count = Int(unsafe natsMsg_GetDataLength(message))
            body =
                unsafe natsMsg_GetData(message).map { data in
                    unsafe UnsafeRawBufferPointer(start: data, count: count).map { $0 }
                } ?? []
            var meta: UnsafeMutablePointer<jsMsgMetaData>?
            deliveries =
                unsafe natsMsg_GetMetaData(&meta, message) == NATS_OK
                ? Int(clamping: unsafe meta?.pointee.NumDelivered ?? 1) : 1
            unsafe jsMsgMetaData_Destroy(meta)
        }

        deinit { unsafe natsMsg_Destroy(message) }

        /// It is done with and does not come again.
        func acknowledge() { unsafe natsMsg_Ack(message, nil) }

        /// It comes again after a while.
        func postpone(milliseconds: Int64) { unsafe natsMsg_NakWithDelay(message, milliseconds, nil) }
    }

    /// Up to `count` messages, waiting for the first at most that long; none if none came.
    func fetch(_ count: Int, milliseconds: Int64) throws(NATSError) -> [Message] {
        var list = unsafe natsMsgList()
        let status = unsafe natsSubscription_Fetch(&list, subscription, Int32(count), milliseconds, nil)
        if status == NATS_TIMEOUT { return [] }
        guard status == NATS_OK else { throw NATSError(status, "fetching messages") }
        var messages: [Message] = []
        for index in 0..<Int(unsafe list.Count) {
            guard let pointer = unsafe list.Msgs[index] else { continue }
            unsafe messages.append(Message(pointer))
            // The list frees what is left in it; this one is ours now.
            unsafe list.Msgs[index] = nil
        }
        unsafe natsMsgList_Destroy(&list)
        return messages
    }
}
