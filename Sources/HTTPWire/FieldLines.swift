#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads the field lines that follow a start line: what requests and answers have in common (RFC 9112 §5).
struct FieldLines {
    private(set) var fields: ContiguousArray<HeadField> = []
    /// One bit for each `FieldName` that occurs.
    private var present: UInt64 = 0
    private(set) var contentLength: Int?
    private(set) var transferEncodings = 0
    private(set) var isChunked = false
    /// A `Connection` field was seen; its options are in the flags below.
    private(set) var connectionClose = false
    private(set) var connectionKeepAlive = false
    private(set) var connectionUpgrade = false
    /// A `Cache-Control` field gives the message to everybody (RFC 9111 §5.2.2.9, §5.2.2.10).
    private(set) var isForSharedCaches = false
    private var namesHopByHop = false

    init() { fields.reserveCapacity(32) }

    /// Reads from `start` to the empty line.
    /// - Returns: the offset after the empty line, or nil if it has not arrived.
    mutating func scan(
        _ bytes: UnsafeRawBufferPointer, from start: Int, limits: HeadLimits
    ) throws(HeadRefusal) -> Int? {
        reset()
        var lineStart = start
        while true {
            guard let lineEnd = unsafe Self.lineEnd(bytes, from: lineStart) else {
                if bytes.count >= limits.head { throw HeadRefusal(431, "The head is too large.") }
                return nil
            }
            let end = lineEnd + 1
            if end > limits.head { throw HeadRefusal(431, "The head is too large.") }
            guard lineEnd > lineStart, unsafe bytes[lineEnd - 1] == UInt8(ascii: "\r") else {
                throw HeadRefusal(400, "A line of the head does not end with CRLF.")
            }
            if lineEnd - 1 == lineStart {
                if namesHopByHop { try unsafe markHopByHop(bytes) }
                return end
            }
            if fields.count == limits.fields { throw HeadRefusal(431, "The head has too many fields.") }
            try unsafe readLine(bytes, start: lineStart, textEnd: lineEnd - 1, end: end)
            lineStart = end
        }
    }

    /// Whether a field of this name was read.
    func contains(_ name: FieldName) -> Bool { present & name.bit != 0 }

    /// The first field of this name.
    func first(_ name: FieldName) -> HeadField? {
        guard contains(name) else { return nil }
        for index in fields.indices where fields[index].name == name { return fields[index] }
        return nil
    }

    /// The offset of the next line feed.
    static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = unsafe memchr(base + start, 0x0a, bytes.count - start)
        else { return nil }
        return unsafe UnsafeRawPointer(found) - base
    }

    private mutating func reset() {
        fields.removeAll(keepingCapacity: true)
        present = 0
        contentLength = nil
        transferEncodings = 0
        isChunked = false
        connectionClose = false
        connectionKeepAlive = false
        connectionUpgrade = false
        isForSharedCaches = false
        namesHopByHop = false
    }

    private mutating func readLine(
        _ bytes: UnsafeRawBufferPointer, start: Int, textEnd: Int, end: Int
    ) throws(HeadRefusal) {
        let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<textEnd])
        let first = unsafe line[0]
        if first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
            throw HeadRefusal(400, "A field is folded over several lines.")
        }
        let nameLength = unsafe ByteClass.tokenLength(line)
        guard nameLength < line.count, unsafe line[nameLength] == UInt8(ascii: ":") else {
            let hasColon = unsafe line.contains(UInt8(ascii: ":"))
            throw HeadRefusal(
                400,
                hasColon ? "A field name has a character that is not allowed." : "A line of the head has no colon.")
        }
        guard (1...256).contains(nameLength) else {
            throw HeadRefusal(400, "A field name is empty or longer than 256 bytes.")
        }
        let nameBytes = unsafe UnsafeRawBufferPointer(rebasing: line[..<nameLength])
        var valueStart = nameLength + 1
        var valueEnd = line.count
        while valueStart < valueEnd, unsafe Self.isBlank(line[valueStart]) { valueStart += 1 }
        while valueEnd > valueStart, unsafe Self.isBlank(line[valueEnd - 1]) { valueEnd -= 1 }
        let value = unsafe UnsafeRawBufferPointer(rebasing: line[valueStart..<valueEnd])
        guard unsafe ByteClass.isFieldValue(value) else {
            throw HeadRefusal(400, "A field value has a control character.")
        }
        var name = unsafe FieldName.classify(nameBytes)
        if name == .other, unsafe FieldName.isAlias(nameBytes) { name = .alias }
        present |= name.bit
        fields.append(
            HeadField(
                name: name, nameLength: UInt16(nameLength), start: UInt32(start),
                valueStart: UInt32(start + valueStart),
                valueEnd: UInt32(start + valueEnd), end: UInt32(end)))
        switch name {
        case .contentLength: try unsafe readContentLength(value)
        case .transferEncoding:
            transferEncodings += 1
            isChunked = unsafe ByteClass.equals(value, "chunked")
        case .connection: try unsafe readConnection(value)
        case .cacheControl: if unsafe Self.isForSharedCaches(value) { isForSharedCaches = true }
        default: break
        }
    }

    /// One field of digits only: a list or a repetition, even of equal values, is refused (RFC 9110 §8.6).
    private mutating func readContentLength(_ value: UnsafeRawBufferPointer) throws(HeadRefusal) {
        guard contentLength == nil else { throw HeadRefusal(400, "Content-Length is given more than once.") }
        guard (1...18).contains(value.count) else { throw HeadRefusal(400, "Content-Length is not a number.") }
        var number = 0
        for index in 0..<value.count {
            let digit = unsafe value[index] &- UInt8(ascii: "0")
            guard digit < 10 else { throw HeadRefusal(400, "Content-Length is not a number.") }
            number = number * 10 + Int(digit)
        }
        contentLength = number
    }

    private mutating func readConnection(_ value: UnsafeRawBufferPointer) throws(HeadRefusal) {
        var list = unsafe TokenList(value)
        while let option = unsafe list.next() {
            if unsafe ByteClass.equals(option, "close") {
                connectionClose = true
            } else if unsafe ByteClass.equals(option, "keep-alive") {
                connectionKeepAlive = true
            } else if unsafe ByteClass.equals(option, "upgrade") {
                connectionUpgrade = true
            } else {
                guard unsafe ByteClass.isToken(option) else {
                    throw HeadRefusal(400, "The Connection field cannot be read.")
                }
                if unsafe FieldName.classify(option).isUnremovable {
                    throw HeadRefusal(400, "The Connection field names a field that may not be removed.")
                }
                namesHopByHop = true
            }
        }
    }

    private static func isForSharedCaches(_ value: UnsafeRawBufferPointer) -> Bool {
        var list = unsafe TokenList(value)
        while let directive = unsafe list.next() {
            if unsafe ByteClass.equals(directive, "public") { return true }
            if directive.count > 9,
                unsafe ByteClass.equals(UnsafeRawBufferPointer(rebasing: directive[..<9]), "s-maxage=")
            {
                return true
            }
        }
        return false
    }

    /// Second pass, only where `Connection` named other fields: marks those.
    private mutating func markHopByHop(_ bytes: UnsafeRawBufferPointer) throws(HeadRefusal) {
        var comparisons = 0
        for connection in fields where connection.name == .connection {
            var list = unsafe TokenList(UnsafeRawBufferPointer(rebasing: bytes[connection.value]))
            while let option = unsafe list.next() {
                comparisons += fields.count
                guard comparisons <= 4096 else {
                    throw HeadRefusal(400, "The Connection field names too many fields.")
                }
                for index in fields.indices where Int(fields[index].nameLength) == option.count {
                    let name = unsafe UnsafeRawBufferPointer(rebasing: bytes[fields[index].nameRange])
                    if unsafe Self.equalIgnoringCase(name, option) { fields[index].isHopByHop = true }
                }
            }
        }
    }

    private static func equalIgnoringCase(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<a.count {
            func folded(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }
            if unsafe folded(a[index]) != folded(b[index]) { return false }
        }
        return true
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}

/// The members of a comma-separated list of tokens; empty ones are skipped (RFC 9110 §5.6.1).
@safe struct TokenList {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

    mutating func next() -> UnsafeRawBufferPointer? {
        let count = unsafe bytes.count
        while offset < count {
            var end = offset
            while end < count, unsafe bytes[end] != UInt8(ascii: ",") { end += 1 }
            var start = offset
            offset = end + 1
            while start < end, unsafe FieldLines.isBlank(bytes[start]) { start += 1 }
            while end > start, unsafe FieldLines.isBlank(bytes[end - 1]) { end -= 1 }
            if end > start { return unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end]) }
        }
        return nil
    }
}
