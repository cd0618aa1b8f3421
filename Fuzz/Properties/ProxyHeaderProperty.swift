import HTTPWire

/// A PROXY header is read the same way however it arrives: a beginning of it is incomplete, or already what the whole
/// is; and nothing behind its end counts.
enum ProxyHeaderProperty {
    static func check(_ input: [UInt8]) throws(Finding) {
        let whole = read(input, input.count)
        for cut in cuts(of: input) {
            let part = read(input, cut)
            guard part == .incomplete || part == whole else {
                throw Finding("Read as \(part) after \(cut) bytes, as \(whole) in the end", input)
            }
        }
        switch whole {
        case .incomplete:
            guard input.count < ProxyHeader.longestBinary else { throw Finding("Too long for any header", input) }
        case .complete(let source, let length):
            guard (1...input.count).contains(length) else { throw Finding("Longer than what there is", input) }
            guard read(input, length) == whole else { throw Finding("Needs more than its length", input) }
            switch source {
            case .text4(let range), .text6(let range):
                guard range.lowerBound >= 11, range.upperBound < length else { throw Finding("Out of its line", input) }
            case .sender, .v4, .v6: break
            }
        case .refused: break
        }
    }

    private static func read(_ input: [UInt8], _ count: Int) -> ProxyHeader {
        withPrefix(input, count) { ProxyHeader($0) }
    }
}
