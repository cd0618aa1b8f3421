import HTTPWire

/// What must hold for every input of one parser. The fuzzer and the tests check the same.
package enum WireProperty: String, CaseIterable, Sendable {
    case request, response, chunked, path, cookies, headers, proxy

    /// Checks one input. O(n²) in its length.
    package func check(_ input: [UInt8]) throws(Finding) {
        switch self {
        case .request: try RequestProperty.check(input)
        case .response: try ResponseProperty.check(input)
        case .chunked: try ChunkedProperty.check(input)
        case .path: try PathProperty.check(input)
        case .cookies: try CookieProperty.check(input)
        case .headers: try HeadersProperty.check(input)
        case .proxy: try ProxyHeaderProperty.check(input)
        }
    }
}

/// An input for which a property does not hold.
package struct Finding: Error, CustomStringConvertible {
    package var rule: String
    package var input: [UInt8]

    package init(_ rule: String, _ input: [UInt8]) {
        self.rule = rule
        self.input = input
    }

    package var description: String { "\(rule): \(String(decoding: input, as: UTF8.self).debugDescription)" }
}

/// Small enough that an input of a few hundred bytes reaches them.
let smallLimits = HeadLimits(head: 256, fields: 6, startLine: 64)

/// A copy of its own for each beginning, so that the address sanitizer sees a read past its end.
func withPrefix<Result>(_ input: [UInt8], _ count: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { copy.deallocate() }
    input.withUnsafeBytes { copy.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    return body(UnsafeRawBufferPointer(copy))
}

/// Where an input is cut in two: everywhere if it is short, else around line ends and here and there.
func cuts(of input: [UInt8]) -> [Int] {
    if input.count <= 128 { return Array(0...input.count) }
    let stride = input.count / 32
    return (0...input.count).filter { cut in
        cut % stride == 0 || cut == input.count || input[cut] == UInt8(ascii: "\n")
            || cut > 0 && input[cut - 1] == UInt8(ascii: "\n")
    }
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// Without the white space around a field's value (RFC 9110 §5.5), which llhttp leaves at its end.
func trimmed(_ value: some Sequence<UInt8>) -> [UInt8] {
    func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    return Array(value.drop(while: isBlank)).reversed().drop(while: isBlank).reversed()
}
