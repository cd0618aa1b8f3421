import CHiredis
import NIOCore

/// What cannot be a reply of a server. The connection cannot be used any more.
struct MalformedReply: Error, Hashable {
    let reason: String
}

/// Replies from bytes in whatever fragments; hiredis does the parsing. Bound to one thread at a time.
@safe final class ReplyReader {
    /// The bytes of one reply, and the nesting is bounded by hiredis (7).
    static let maximumSize = 64 << 20

    private let own: UnsafeMutablePointer<anteroom_reply_reader>
    /// Bytes since the last whole reply.
    private var pending = 0

    init?() {
        unsafe own = .allocate(capacity: 1)
        unsafe own.initialize(to: anteroom_reply_reader())
        guard unsafe anteroom_reply_reader_open(own) == 1 else {
            unsafe own.deallocate()
            return nil
        }
    }

    deinit {
        unsafe redisReaderFree(own.pointee.reader)
        unsafe own.deallocate()
    }

    func feed(_ bytes: ByteBuffer) throws(MalformedReply) {
        pending += bytes.readableBytes
        let status = unsafe bytes.withUnsafeReadableBytes { bytes in
            unsafe redisReaderFeed(own.pointee.reader, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count)
        }
        guard status == REDIS_OK else { throw malformed }
    }

    /// The next whole reply, if there is one.
    func next() throws(MalformedReply) -> Reply? {
        var object: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(own.pointee.reader, &object) == REDIS_OK else { throw malformed }
        guard let object = unsafe object else {
            guard pending <= Self.maximumSize else {
                throw MalformedReply(reason: "a reply of more than \(Self.maximumSize) bytes")
            }
            return nil
        }
        defer { unsafe freeReplyObject(object) }
        pending = unsafe own.pointee.reader.pointee.len - own.pointee.reader.pointee.pos
        return unsafe Self.reply(object.assumingMemoryBound(to: redisReply.self))
    }

    private var malformed: MalformedReply {
        let reason = unsafe withUnsafePointer(to: &own.pointee.reader.pointee.errstr) { text in
            unsafe text.withMemoryRebound(to: CChar.self, capacity: 128) { unsafe String(cString: $0) }
        }
        return MalformedReply(reason: reason)
    }

    private static func reply(_ object: UnsafeMutablePointer<redisReply>) -> Reply {
        switch unsafe object.pointee.type {
        case REDIS_REPLY_INTEGER: return unsafe .integer(Int(object.pointee.integer))
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS:
            let bytes = unsafe UnsafeRawBufferPointer(start: object.pointee.str, count: Int(object.pointee.len))
            guard let text = unsafe String(validating: bytes, as: UTF8.self) else { return unsafe .bytes(Array(bytes)) }
            return .text(text)
        case REDIS_REPLY_ERROR: return unsafe .error(text(object.pointee))
        case REDIS_REPLY_ARRAY:
            var replies: [Reply] = []
            replies.reserveCapacity(unsafe object.pointee.elements)
            for index in 0..<(unsafe object.pointee.elements) {
                guard let element = unsafe object.pointee.element[index] else { continue }
                replies.append(unsafe reply(element))
            }
            return .array(replies)
        default: return .null
        }
    }

    private static func text(_ reply: redisReply) -> String {
        let bytes = unsafe UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}
