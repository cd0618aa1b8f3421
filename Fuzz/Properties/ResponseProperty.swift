import HTTPWire

/// An answer's head that the gate takes, llhttp reads the same way.
///
/// A minor version above 1 is taken as 1 on purpose (RFC 9110 §2.5); llhttp refuses it, so it is replaced before the
/// comparison.
enum ResponseProperty {
    static func check(_ input: [UInt8]) throws(Finding) {
        for limits in [HeadLimits(), smallLimits] {
            let used = ResponseHead()
            try HeadSummary.checkCuts(input) {
                HeadSummary.of(used, $0, limits)
            } fresh: {
                HeadSummary.of(ResponseHead(), $0, limits)
            }
        }
        let head = ResponseHead()
        let length = input.withUnsafeBytes { bytes in
            if case .complete(let length) = head.scan(bytes, limits: HeadLimits()) { length } else { 0 }
        }
        guard length > 0 else { return }
        var bytes = Array(input[..<length])
        if bytes[7] != UInt8(ascii: "0") { bytes[7] = UInt8(ascii: "1") }
        try compare(bytes, head)
    }

    private static func compare(_ bytes: [UInt8], _ head: ResponseHead) throws(Finding) {
        func expect(_ condition: Bool, _ rule: @autoclosure () -> String) throws(Finding) {
            if !condition { throw Finding(rule(), bytes) }
        }
        let early = LLHTTPReading.ofResponse([Array(bytes.dropLast())])
        try expect(early.error == nil && !early.hasHead, "llhttp ends the head before its last byte: \(early)")
        let theirs = LLHTTPReading.ofResponse([bytes])
        try expect(theirs.error == nil && theirs.hasHead, "llhttp refuses: \(theirs.error ?? "no head")")
        let startLine = [String(head.status), head.isHTTP11 ? "HTTP/1.1" : "HTTP/1.0"]
        try expect(theirs.startLine == startLine, "llhttp reads \(theirs.startLine)")
        let fields = head.fields.map { "\(text(bytes[$0.nameRange])): \(text(bytes[$0.value]))" }
        try expect(theirs.fields == fields, "llhttp reads \(theirs.fields), not \(fields)")
        // After a 101 the connection speaks another protocol.
        guard head.status != 101 else { return }
        let framing = head.framing(toHEAD: false)
        if framing != .untilClose {
            try expect(!head.keepAlive || theirs.isKeepAlive, "llhttp closes the connection")
        }
        switch framing {
        case .none where head.status < 200:
            // Another head follows whatever the Connection field says (RFC 9110 §15.2); llhttp believes that field.
            guard head.keepAlive else { return }
            let final = Array("HTTP/1.1 203 OK\r\nContent-Length: 0\r\n\r\n".utf8)
            try expect(LLHTTPReading.ofResponse([bytes, final]).startLine[0] == "203", "llhttp waits for a body")
        case .none: try expect(theirs.hasEnded && theirs.body.isEmpty, "llhttp waits for a body")
        case .length(let count):
            try expect(!theirs.hasEnded, "llhttp sees no body")
            guard count <= 4096 else { return }
            let body = [UInt8](repeating: UInt8(ascii: "b"), count: count)
            let part = LLHTTPReading.ofResponse([bytes, Array(body.dropLast())])
            try expect(!part.hasEnded, "llhttp sees a shorter body than \(count)")
            let whole = LLHTTPReading.ofResponse([bytes, body])
            try expect(whole.hasEnded && whole.body == body, "llhttp sees a longer body than \(count)")
        case .chunked:
            let whole = LLHTTPReading.ofResponse([bytes, Array("1\r\nb\r\n0\r\n\r\n".utf8)])
            try expect(!theirs.hasEnded && whole.hasEnded && whole.body == [0x62], "llhttp sees no chunks")
        case .untilClose:
            let open = LLHTTPReading.ofResponse([bytes, [0x62]])
            let closed = LLHTTPReading.ofResponse([bytes, [0x62]], closes: true)
            try expect(!open.hasEnded && closed.hasEnded && closed.body == [0x62], "llhttp does not wait for the close")
        }
    }
}
