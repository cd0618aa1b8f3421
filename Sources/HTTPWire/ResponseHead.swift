/// An origin's answer head as offsets into the bytes it came in. One object is used again and again.
package final class ResponseHead {
    package private(set) var status = 0
    /// From the status code to the end of the reason phrase: `200 OK`.
    package private(set) var statusAndReason = 0..<0
    package private(set) var isHTTP11 = true
    /// The origin's connection may be used again after this answer.
    package private(set) var keepAlive = true
    private var lines = FieldLines()

    package init() {}

    package var fields: ContiguousArray<HeadField> { lines.fields }
    package var contentLength: Int? { lines.contentLength }

    /// Anybody may be given this answer from a cache, so nothing of one visitor's may ride on it.
    package var isForSharedCaches: Bool { lines.isForSharedCaches }

    /// Whether there is a field of this name.
    package func contains(_ name: FieldName) -> Bool { lines.contains(name) }

    /// Reads the head that begins at the first of `bytes`; a refusal means that the origin cannot be understood.
    package func scan(_ bytes: UnsafeRawBufferPointer, limits: HeadLimits) -> HeadScan {
        do throws(HeadRefusal) {
            guard let lineFeed = unsafe FieldLines.lineEnd(bytes, from: 0) else {
                if bytes.count > limits.startLine { throw HeadRefusal(502, "The status line is too long.") }
                return .incomplete
            }
            if lineFeed > limits.startLine { throw HeadRefusal(502, "The status line is too long.") }
            try unsafe readStatusLine(bytes, lineFeed: lineFeed)
            guard let end = try unsafe lines.scan(bytes, from: lineFeed + 1, limits: limits) else { return .incomplete }
            try check()
            return .complete(length: end)
        } catch {
            return .refused(HeadRefusal(502, error.reason))
        }
    }

    /// How the body of this answer ends, given the request's method (RFC 9112 §6.3). The answer must not be 101.
    package func framing(toHEAD: Bool) -> BodyFraming {
        if toHEAD || status == 204 || status == 304 || status < 200 { return .none }
        if lines.transferEncodings > 0 { return .chunked }
        if let length = lines.contentLength { return length > 0 ? .length(length) : .none }
        return .untilClose
    }

    /// `HTTP/1.x SP 3DIGIT [ SP reason ]` (RFC 9112 §4); the space before an empty reason may be missing.
    private func readStatusLine(_ bytes: UnsafeRawBufferPointer, lineFeed: Int) throws(HeadRefusal) {
        let malformed = HeadRefusal(502, "The status line cannot be read.")
        guard lineFeed > 12, unsafe bytes[lineFeed - 1] == UInt8(ascii: "\r") else { throw malformed }
        let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<(lineFeed - 1)])
        guard unsafe line.starts(with: "HTTP/1.".utf8), unsafe line[7] &- UInt8(ascii: "0") < 10,
            unsafe line[8] == UInt8(ascii: " ")
        else { throw malformed }
        isHTTP11 = unsafe line[7] != UInt8(ascii: "0")
        var code = 0
        for index in 9..<12 {
            let digit = unsafe line[index] &- UInt8(ascii: "0")
            guard digit < 10 else { throw malformed }
            code = code * 10 + Int(digit)
        }
        guard (100...999).contains(code) else { throw malformed }
        if line.count > 12 {
            guard unsafe line[12] == UInt8(ascii: " "),
                unsafe ByteClass.isFieldValue(UnsafeRawBufferPointer(rebasing: line[12...]))
            else { throw malformed }
        }
        status = code
        statusAndReason = 9..<line.count
    }

    private func check() throws(HeadRefusal) {
        if lines.transferEncodings > 0 {
            guard isHTTP11, lines.contentLength == nil, lines.transferEncodings == 1, lines.isChunked else {
                throw HeadRefusal(502, "The answer's framing is contradictory.")
            }
        }
        keepAlive = isHTTP11 ? !lines.connectionClose : lines.connectionKeepAlive && !lines.connectionClose
    }
}
