import CNATS
import RoomConfiguration
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A connection to NATS with JetStream. Its calls block: they are made on threads of their own, never on an event loop.
///
/// The library reconnects by itself. Nothing is published into its reconnect buffer: what waits, waits in ours.
@safe
final class JetStreamClient: Sendable {
    static let stream = "WAITING_ROOM"
    static let subjects = "waiting_room.>"
    /// In which the same id is stored once.
    static let duplicateWindow: Int64 = 20 * 60 * 1_000_000_000

    /// Each may be used from any thread, says the library.
    @safe private struct Pointers: @unchecked Sendable {
        let connection: OpaquePointer
        let context: OpaquePointer
    }

    /// Set by the library's threads when a message that was published without waiting was not stored.
    private final class Failure: Sendable {
        private let first = Mutex<NATSError?>(nil)

        func note(_ error: NATSError) { first.withLock { $0 = $0 ?? error } }

        func take() -> NATSError? {
            first.withLock { first in
                defer { first = nil }
                return first
            }
        }
    }

    private let pointers: Pointers
    private let failure = Failure()

    /// Begins to connect; returns at once if the server is away.
    init(_ address: NATSAddress, name: String) throws(NATSError) {
        var options: OpaquePointer?
        try Self.check(unsafe natsOptions_Create(&options), "making options")
        defer { unsafe natsOptions_Destroy(options) }
        try Self.check(unsafe natsOptions_SetURL(options, nil), "setting the address")
        let urls = address.url.split(separator: ",").map(String.init)
        try unsafe Self.withCStrings(urls) { pointers throws(NATSError) in
            try Self.check(
                unsafe natsOptions_SetServers(options, pointers, Int32(urls.count)), "setting the addresses")
        }
        try Self.check(unsafe natsOptions_SetName(options, name), "setting the name")
        try Self.check(unsafe natsOptions_SetTimeout(options, 2000), "setting the time-out")
        try Self.check(unsafe natsOptions_SetMaxReconnect(options, -1), "setting reconnects")
        try Self.check(unsafe natsOptions_SetReconnectWait(options, 500), "setting the pause")
        try Self.check(unsafe natsOptions_SetReconnectBufSize(options, 0), "setting the buffer")
        try Self.check(unsafe natsOptions_SetPingInterval(options, 5000), "setting pings")
        try Self.check(unsafe natsOptions_SetMaxPingsOut(options, 2), "setting pings")
        // Without something to call, the library would not return before the server is there.
        try Self.check(
            unsafe natsOptions_SetRetryOnFailedConnect(options, true, { _, _ in }, nil), "setting retries")
        var connection: OpaquePointer?
        let status = unsafe natsConnection_Connect(&connection, options)
        guard status == NATS_OK || status == NATS_NOT_YET_CONNECTED, let connection = unsafe connection else {
            throw NATSError(status, "connecting to \(address)")
        }
        var settings = unsafe jsOptions()
        unsafe jsOptions_Init(&settings)
        unsafe settings.Wait = 2000
        unsafe settings.PublishAsync.MaxPending = 4096
        unsafe settings.PublishAsync.ErrHandlerClosure = Unmanaged.passUnretained(failure).toOpaque()
        unsafe settings.PublishAsync.ErrHandler = { _, error, closure in
            guard let error = unsafe error, let closure = unsafe closure else { return }
            let reason = unsafe error.pointee.ErrText.map { unsafe String(cString: $0) } ?? "no answer"
            let isConflict = unsafe NATSError.isConflict(error.pointee.ErrCode)
            unsafe Unmanaged<Failure>.fromOpaque(closure).takeUnretainedValue().note(
                NATSError(isConflict ? .conflict : .refused, "an event was not stored: \(reason)"))
        }
        var context: OpaquePointer?
        let made = unsafe natsConnection_JetStream(&context, connection, &settings)
        guard made == NATS_OK, let context = unsafe context else {
            unsafe natsConnection_Destroy(connection)
            throw NATSError(made, "using JetStream")
        }
        unsafe pointers = Pointers(connection: connection, context: context)
    }

    deinit {
        unsafe jsCtx_Destroy(pointers.context)
        unsafe natsConnection_Destroy(pointers.connection)
    }

    var isConnected: Bool { unsafe natsConnection_Status(pointers.connection) == NATS_CONN_STATUS_CONNECTED }

    /// Whether the library has given up.
    var isClosed: Bool { unsafe natsConnection_Status(pointers.connection) == NATS_CONN_STATUS_CLOSED }

    // MARK: Streams

    /// Makes the stream of events, or checks the one that is there.
    func ensureStream() throws(NATSError) {
        var info: UnsafeMutablePointer<jsStreamInfo>?
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_GetStreamInfo(&info, pointers.context, Self.stream, nil, &code)
        defer { unsafe jsStreamInfo_Destroy(info) }
        if status == NATS_NOT_FOUND {
            try addStream(Self.stream, subjects: [Self.subjects])
            return
        }
        try Self.check(status, "looking for stream \(Self.stream)", code)
        guard let config = unsafe info?.pointee.Config else {
            throw NATSError(.refused, "stream \(Self.stream) has no configuration")
        }
        var subjects: [String] = []
        for index in 0..<Int(unsafe config.pointee.SubjectsLen) {
            if let subject = unsafe config.pointee.Subjects[index] { subjects.append(unsafe String(cString: subject)) }
        }
        guard subjects.contains(Self.subjects) || subjects.contains(">") else {
            throw NATSError(
                .wrongStream,
                "stream \(Self.stream) takes \(subjects.joined(separator: ", ")), not \(Self.subjects); add the subject, "
                    + "or remove the stream and the gate makes it")
        }
        guard unsafe config.pointee.Retention == js_LimitsPolicy else {
            throw NATSError(
                .wrongStream,
                "stream \(Self.stream) forgets events that were read (its retention is not limits); remove it and the "
                    + "gate makes it")
        }
        guard unsafe !config.pointee.NoAck, unsafe !config.pointee.Sealed else {
            throw NATSError(
                .wrongStream, "stream \(Self.stream) acknowledges nothing or is sealed; remove it and the gate makes it"
            )
        }
    }

    func addStream(_ name: String, subjects: [String]) throws(NATSError) {
        var config = unsafe jsStreamConfig()
        unsafe jsStreamConfig_Init(&config)
        var code = jsErrCode(rawValue: 0)
        let context = unsafe pointers.context
        try unsafe Self.withCStrings(subjects) { subjectPointers throws(NATSError) in
            let status = unsafe name.withCString { name in
                unsafe config.Name = name
                unsafe config.Subjects = subjectPointers
                unsafe config.SubjectsLen = Int32(subjects.count)
                unsafe config.Storage = js_FileStorage
                unsafe config.Retention = js_LimitsPolicy
                unsafe config.Duplicates = Self.duplicateWindow
                return unsafe js_AddStream(nil, context, &config, nil, &code)
            }
            try Self.check(status, "making stream \(name)", code)
        }
    }

    // MARK: Publishing

    /// Publishes in order and waits until all are stored.
    /// - Parameter last: the stream's last sequence; if another message has come after it, none of these is stored, and
    ///   none after one that was not. Nil: in any case.
    /// - Throws: if any may not have been. Then all may be published again: the server knows them by their ids.
    func publish(_ events: some Collection<CloudEvent>, after last: UInt64? = nil) throws(NATSError) {
        _ = failure.take()
        var before: String?
        for event in events {
            var options = unsafe jsPubOptions()
            unsafe jsPubOptions_Init(&options)
            let context = unsafe pointers.context
            let status = unsafe event.messageID.withCString { id in
                unsafe options.MsgId = id
                guard let last else {
                    return unsafe js_PublishAsync(context, event.subject, event.json, Int32(event.json.count), &options)
                }
                // 0 is no expectation for the library; an empty stream has nobody's messages.
                if before == nil { unsafe options.ExpectLastSeq = last }
                return unsafe (before ?? "").withCString { before in
                    if unsafe before.pointee != 0 { unsafe options.ExpectLastMsgId = before }
                    return unsafe js_PublishAsync(context, event.subject, event.json, Int32(event.json.count), &options)
                }
            }
            before = event.messageID
            if status != NATS_OK {
                forgetPending()
                throw NATSError(status, "publishing to \(event.subject)")
            }
        }
        var options = unsafe jsPubOptions()
        unsafe jsPubOptions_Init(&options)
        unsafe options.MaxWait = 3000
        let status = unsafe js_PublishAsyncComplete(pointers.context, &options)
        if status != NATS_OK {
            forgetPending()
            throw NATSError(status, "waiting for events to be stored")
        }
        if let error = failure.take() { throw error }
    }

    /// What was published and not answered is published again by us, in order, and not by the library.
    private func forgetPending() {
        var list = unsafe natsMsgList()
        if unsafe js_PublishAsyncGetPendingList(&list, pointers.context) == NATS_OK {
            unsafe natsMsgList_Destroy(&list)
        }
    }

    /// Publishes one message and waits until it is stored.
    /// - Parameter last: the stream's last sequence; if another message has come after it, this one is not stored.
    func publish(
        subject: String, json: [UInt8], headers: [(String, String)], after last: UInt64 = 0
    ) throws(NATSError) {
        var message: OpaquePointer?
        let made = unsafe json.withUnsafeBufferPointer { json in
            unsafe json.withMemoryRebound(to: CChar.self) { bytes in
                unsafe natsMsg_Create(&message, subject, nil, bytes.baseAddress, Int32(bytes.count))
            }
        }
        try Self.check(made, "making a message")
        defer { unsafe natsMsg_Destroy(message) }
        for (name, value) in headers {
            try Self.check(unsafe natsMsgHeader_Set(message, name, value), "setting a header")
        }
        var code = jsErrCode(rawValue: 0)
        var options = unsafe jsPubOptions()
        unsafe jsPubOptions_Init(&options)
        unsafe options.ExpectLastSeq = last
        let status = unsafe js_PublishMsg(nil, pointers.context, message, &options, &code)
        try Self.check(status, "publishing to \(subject)", code)
    }

    // MARK: Consuming

    /// A durable pull consumer of a subject; makes a stream for it where none takes it.
    func consumer(of subject: String, durable: String, streamIfNone stream: String) throws(NATSError) -> PullConsumer {
        do {
            return try subscribe(subject, durable)
        } catch {
            guard error.code != .away else { throw error }
            try addStream(stream, subjects: [subject])
            return try subscribe(subject, durable)
        }
    }

    private func subscribe(_ subject: String, _ durable: String) throws(NATSError) -> PullConsumer {
        var subscription: OpaquePointer?
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_PullSubscribe(
            &subscription, pointers.context, subject, durable, nil, nil, &code)
        try Self.check(status, "consuming \(subject)", code)
        guard let subscription = unsafe subscription else { throw NATSError(.refused, "consuming \(subject)") }
        return unsafe PullConsumer(subscription, of: self)
    }

    // MARK: Reading

    /// The sequence of the stream's last message; 0 if there was never one, or no stream.
    func lastSequence() throws(NATSError) -> UInt64 {
        var info: UnsafeMutablePointer<jsStreamInfo>?
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_GetStreamInfo(&info, pointers.context, Self.stream, nil, &code)
        defer { unsafe jsStreamInfo_Destroy(info) }
        if status == NATS_NOT_FOUND { return 0 }
        try Self.check(status, "looking for stream \(Self.stream)", code)
        return unsafe info?.pointee.State.LastSeq ?? 0
    }

    /// The stream's last message of a subject, which may have wildcards.
    func lastMessage(of subject: String) throws(NATSError) -> StoredMessage? {
        var message: OpaquePointer?
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_GetLastMsg(&message, pointers.context, Self.stream, subject, nil, &code)
        defer { unsafe natsMsg_Destroy(message) }
        if status == NATS_NOT_FOUND { return nil }
        if code == JSStreamNotFoundErr {
            try ensureStream()
            return nil
        }
        try Self.check(status, "reading the last message of \(subject)", code)
        guard let message = unsafe message else { return nil }
        return unsafe StoredMessage(message, sequence: natsMsg_GetSequence(message))
    }

    /// Reads the stream's messages of a subject, from the first on.
    func reader(of subject: String) throws(NATSError) -> StreamReader {
        var settings = unsafe jsSubOptions()
        unsafe jsSubOptions_Init(&settings)
        unsafe settings.Config.AckPolicy = js_AckNone
        unsafe settings.Config.InactiveThreshold = StreamReader.inactivity
        var subscription: OpaquePointer?
        var code = jsErrCode(rawValue: 0)
        let context = unsafe pointers.context
        let status = unsafe Self.stream.withCString { stream in
            unsafe settings.Stream = stream
            return unsafe js_PullSubscribe(&subscription, context, subject, nil, nil, &settings, &code)
        }
        try Self.check(status, "reading \(subject)", code)
        guard let subscription = unsafe subscription else { throw NATSError(.refused, "reading \(subject)") }
        return unsafe StreamReader(subscription, of: self)
    }

    private static func check(
        _ status: natsStatus, _ doing: String, _ code: jsErrCode = jsErrCode(rawValue: 0)
    ) throws(NATSError) {
        if status != NATS_OK { throw NATSError(status, doing, code: code) }
    }

    /// Calls `body` with a C array of C strings that live as long as it runs.
    private static func withCStrings(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>) throws(NATSError) -> Void
    ) throws(NATSError) {
        let count = texts.count
        let copies = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: max(1, count))
        for index in 0..<count { unsafe copies[index] = strdup(texts[index]) }
        defer {
            for index in 0..<count { unsafe free(copies[index]) }
            unsafe copies.deallocate()
        }
        let array = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: max(1, count))
        defer { unsafe array.deallocate() }
        for index in 0..<count { unsafe array[index] = unsafe UnsafePointer(copies[index]) }
        try unsafe body(array)
    }
}
