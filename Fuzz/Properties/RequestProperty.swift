import HTTPWire

/// A request head that the gate takes, llhttp reads the same way.
///
/// Two things the gate forwards on purpose and llhttp refuses; they are replaced before the comparison: methods that it
/// does not know (RFC 9110 §9.1) and bytes above 127 in the target.
enum RequestProperty {
    static func check(_ input: [UInt8]) throws(Finding) {
        for limits in [HeadLimits(), smallLimits] {
            let used = RequestHead()
            try HeadSummary.checkCuts(input) {
                HeadSummary.of(used, $0, limits)
            } fresh: {
                HeadSummary.of(RequestHead(), $0, limits)
            }
        }
        let head = RequestHead()
        guard let length = scan(input, head) else { return }
        let original = Array(input[..<length])
        let bytes = comparable(original, head)
        guard scan(bytes, head) == bytes.count else { throw Finding("Another method is not taken", original) }
        try compare(bytes, head)
    }

    private static func scan(_ input: [UInt8], _ head: RequestHead) -> Int? {
        input.withUnsafeBytes { bytes in
            if case .complete(let length) = head.scan(bytes, limits: HeadLimits()) { length } else { nil }
        }
    }

    private static func comparable(_ original: [UInt8], _ head: RequestHead) -> [UInt8] {
        var bytes = original
        for index in head.target where bytes[index] > 127 { bytes[index] = UInt8(ascii: "x") }
        if head.method == .other, !LLHTTPReading.ofRequest([bytes]).hasHead {
            bytes.replaceSubrange(head.methodRange, with: Array("POST".utf8))
        }
        return bytes
    }

    private static func compare(_ bytes: [UInt8], _ head: RequestHead) throws(Finding) {
        func expect(_ condition: Bool, _ rule: @autoclosure () -> String) throws(Finding) {
            if !condition { throw Finding(rule(), bytes) }
        }
        let early = LLHTTPReading.ofRequest([Array(bytes.dropLast())])
        try expect(early.error == nil && !early.hasHead, "llhttp ends the head before its last byte: \(early)")
        let theirs = LLHTTPReading.ofRequest([bytes])
        try expect(theirs.error == nil && theirs.hasHead, "llhttp refuses: \(theirs.error ?? "no head")")
        var target = text(bytes[head.target])
        if head.targetForm == .absolute {
            let scheme = head.methodRange.upperBound + 1
            target = text(bytes[scheme..<scheme + 7]) + text(bytes[head.host]) + target
        }
        let startLine = [text(bytes[head.methodRange]), target, head.isHTTP11 ? "HTTP/1.1" : "HTTP/1.0"]
        try expect(theirs.startLine == startLine, "llhttp reads \(theirs.startLine)")
        let fields = head.fields.map { "\(text(bytes[$0.nameRange])): \(text(bytes[$0.value]))" }
        try expect(theirs.fields == fields, "llhttp reads \(theirs.fields), not \(fields)")
        try expect(!head.keepAlive || theirs.isKeepAlive, "llhttp closes the connection")
        switch head.framing {
        case .none: try expect(theirs.hasEnded && theirs.body.isEmpty, "llhttp waits for a body")
        case .length(let count):
            try expect(!theirs.hasEnded, "llhttp sees no body")
            guard count <= 4096 else { return }
            let body = [UInt8](repeating: UInt8(ascii: "b"), count: count)
            let part = LLHTTPReading.ofRequest([bytes, Array(body.dropLast())])
            try expect(!part.hasEnded, "llhttp sees a shorter body than \(count)")
            let whole = LLHTTPReading.ofRequest([bytes, body])
            try expect(whole.hasEnded && whole.body == body, "llhttp sees a longer body than \(count)")
        case .chunked:
            let whole = LLHTTPReading.ofRequest([bytes, Array("1\r\nb\r\n0\r\n\r\n".utf8)])
            try expect(!theirs.hasEnded && whole.hasEnded && whole.body == [0x62], "llhttp sees no chunks")
        case .untilClose: throw Finding("A request ends with its connection", bytes)
        }
    }
}
