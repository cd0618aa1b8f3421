/// A page cut once into constant bytes and holes, so that an answer is only appended together.
///
/// In the source `[[name]]` is a hole, `[[text:name]]` a phrase, and `[[style]]` and the like a constant; the latter
/// two are filled in when the page is cut.
struct SegmentedPage<Hole: RawRepresentable & Sendable>: Sendable where Hole.RawValue == String {
    enum Segment: Sendable {
        case bytes([UInt8])
        case hole(Hole)
    }

    let segments: [Segment]
    /// Of all constant bytes.
    let constantCount: Int

    /// - Parameter constants: inserted as they are; a constant may hold holes in turn.
    init(_ source: String, language: Language, constants: [String: String]) {
        var segments: [Segment] = []
        var constant: [UInt8] = []
        var pending = [Substring(source)]
        while let text = pending.popLast() {
            guard let open = text.firstRange(of: "[["), let close = text[open.upperBound...].firstRange(of: "]]") else {
                constant.append(contentsOf: text.utf8)
                continue
            }
            constant.append(contentsOf: text[..<open.lowerBound].utf8)
            pending.append(text[close.upperBound...])
            let name = text[open.upperBound..<close.lowerBound]
            if let insertion = constants[String(name)] {
                pending.append(Substring(insertion))
            } else if name.hasPrefix("text:"), let phrase = Phrase(rawValue: String(name.dropFirst(5))) {
                constant.appendHTML(language.text(phrase))
            } else if let hole = Hole(rawValue: String(name)) {
                segments.append(.bytes(constant))
                segments.append(.hole(hole))
                constant = []
            } else {
                // Not a marker of ours: JavaScript's nested array brackets.
                constant.append(contentsOf: text[open.lowerBound..<close.upperBound].utf8)
            }
        }
        segments.append(.bytes(constant))
        self.segments = segments
        constantCount = segments.reduce(0) {
            if case .bytes(let bytes) = $1 { $0 + bytes.count } else { $0 }
        }
    }

    /// - Parameters:
    ///   - spare: how many bytes the holes will take, about.
    ///   - fill: appends what stands in a hole, escaped for its place.
    func render(spare: Int, fill: (Hole, inout [UInt8]) -> Void) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(constantCount + spare)
        for segment in segments {
            switch segment {
            case .bytes(let bytes): body.append(contentsOf: bytes)
            case .hole(let hole): fill(hole, &body)
            }
        }
        return body
    }
}
