import HTTPWire
import VisitorAPI
import WaitingRoom

/// One event loop's access log lines on their way to the file: one JSON object a line. Bounded: when the file cannot
/// keep up, lines are dropped and counted rather than requests delayed.
final class AccessLogBuffer {
    private var bytes: [UInt8] = []
    private let writer: AccessLogWriter
    private var secondText: (second: Int64, text: [UInt8]) = (-1, [])

    /// Handed to the writer at this size, or with the next sweep of the loop, ten times a second.
    private static let flushSize = 32 * 1024

    init(_ writer: AccessLogWriter) {
        self.writer = writer
        bytes.reserveCapacity(Self.flushSize + 4096)
    }

    /// Appends one line. Nothing of it is trusted: every byte that came from a visitor is escaped.
    func append(_ line: AccessLogLine, head: UnsafeRawBufferPointer) {
        text("{\"time\":\"")
        time(line.time)
        text("\",\"request_id\":\"")
        bytes.append(contentsOf: line.requestID)
        if let span = line.span {
            text("\",\"trace_id\":\"")
            span.traceID.appendHex(to: &bytes)
            text("\",\"span_id\":\"")
            span.spanID.appendHex(to: &bytes)
        }
        text("\",\"client\":\"")
        bytes.append(contentsOf: line.client)
        text("\",\"queue_id\":\"")
        bytes.append(contentsOf: line.room)
        text("\",\"verdict\":\"")
        text(line.outcome.label)
        text("\",\"method\":\"")
        unsafe escaped(UnsafeRawBufferPointer(rebasing: head[line.method]))
        text("\",\"host\":\"")
        unsafe escaped(UnsafeRawBufferPointer(rebasing: head[line.host]))
        text("\",\"target\":\"")
        unsafe escaped(UnsafeRawBufferPointer(rebasing: head[line.target]))
        text("\",\"protocol\":\"")
        text(line.httpVersion)
        text("\",\"status\":")
        number(Int64(line.status))
        text(",\"bytes_in\":")
        number(line.bytesIn)
        text(",\"bytes_out\":")
        number(line.bytesOut)
        text(",\"duration_us\":")
        number(line.duration)
        if line.upstreamDuration >= 0 {
            text(",\"upstream_us\":")
            number(line.upstreamDuration)
        }
        if let failure = line.failure {
            text(",\"failure\":\"")
            text(failure)
            text("\"")
        }
        if let note = line.note {
            // Names of the gate's own: nothing to escape.
            text(",\"note\":\"")
            bytes.append(contentsOf: note.utf8)
            text("\"")
        }
        text("}\n")
        if bytes.count >= Self.flushSize { flush() }
    }

    var isOff: Bool { writer.isOff }

    func flush() {
        guard !bytes.isEmpty else { return }
        writer.submit(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    private func text(_ text: StaticString) {
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private func number(_ value: Int64) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        unsafe withUnsafeMutableBytes(of: &digits) { buffer in
            var rest = UInt64(value.magnitude)
            var index = buffer.count
            repeat {
                index -= 1
                unsafe buffer[index] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 { bytes.append(UInt8(ascii: "-")) }
            unsafe bytes.append(contentsOf: buffer[index...])
        }
    }

    /// RFC 3339 with milliseconds; the part down to the second is written anew once a second.
    private func time(_ time: Timestamp) {
        let second = time.milliseconds / 1000
        if secondText.second != second {
            let full = Timestamp(milliseconds: second * 1000).rfc3339
            secondText = (second, Array(full.utf8.prefix(20)))
        }
        bytes.append(contentsOf: secondText.text)
        let ms = UInt16(time.milliseconds % 1000)
        for digit in [ms / 100, ms / 10 % 10, ms % 10] { bytes.append(UInt8(ascii: "0") + UInt8(digit)) }
        bytes.append(UInt8(ascii: "Z"))
    }

    private func escaped(_ text: UnsafeRawBufferPointer) {
        var plain = true
        for index in 0..<text.count {
            let byte = unsafe text[index]
            if byte < 0x20 || byte > 0x7e || byte == 0x22 || byte == 0x5c { plain = false }
        }
        if plain {
            unsafe bytes.append(contentsOf: text)
            return
        }
        // Bytes above 127 need not be UTF-8: they are written as Latin-1 code points, so that the line always is JSON.
        let digits = Array("0123456789abcdef".utf8)
        for index in 0..<text.count {
            let byte = unsafe text[index]
            if byte < 0x20 || byte > 0x7e {
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            } else {
                if byte == 0x22 || byte == 0x5c { bytes.append(0x5c) }
                bytes.append(byte)
            }
        }
    }
}

/// The facts of one finished request.
struct AccessLogLine {
    var time: Timestamp
    var requestID: [UInt8]
    var client: [UInt8]
    /// The gate's own, while tracing is on.
    var span: TraceParent?
    var room: [UInt8]
    var outcome: LoopCounters.Outcome
    /// Ranges in the head that is given with the line.
    var method: Range<Int>
    var host: Range<Int>
    var target: Range<Int>
    /// As RFC 9110 §2.5 names it; empty where it could not be read.
    var httpVersion: StaticString
    var status: Int
    /// Body bytes.
    var bytesIn: Int64
    var bytesOut: Int64
    /// Microseconds; −1 where no origin was asked.
    var duration: Int64
    var upstreamDuration: Int64
    var failure: StaticString?
    /// Why the gate answered as it did, in names of its own.
    var note: String?
}

extension LoopCounters.Outcome {
    var label: StaticString {
        switch self {
        case .forwarded: "forwarded"
        case .queued: "queued"
        case .full: "full"
        case .limited: "limited"
        case .maintenance: "maintenance"
        case .api: "api"
        case .redirected: "redirected"
        case .page: "page"
        case .bypassed: "bypassed"
        case .refused: "refused"
        case .failed: "failed"
        case .aborted: "aborted"
        case .challenged: "challenged"
        }
    }
}
