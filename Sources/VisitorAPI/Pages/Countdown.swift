/// A countdown to an opening: a page shows it as it is at that moment, and its script goes on from there.
struct Countdown: Sendable {
    private enum Hole: String, Sendable {
        case nonce, opens
    }

    private let label: String
    private let style: SegmentedPage<Hole>
    private let script: SegmentedPage<Hole>

    init(language: Language, sources: PageSources) {
        label = language.text(.opensIn)
        // Not with the other styles: most pages count down to nothing.
        style = SegmentedPage(
            """
            <style nonce="[[nonce]]">#ar-early{display:grid;gap:1rem}
            #ar-countdown{font-size:clamp(2.25rem,12vw,4rem)}</style>
            """, language: language, constants: [:])
        script = SegmentedPage(
            "<script nonce=\"[[nonce]]\">\n\(sources.countdownScript)\n</script>", language: language, constants: [:])
    }

    /// - Parameter seconds: until the opening.
    func append(_ seconds: Int, nonce: String, to body: inout [UInt8]) {
        body.append(contentsOf: "<p class=\"place\"><span>".utf8)
        body.appendHTML(label)
        body.append(contentsOf: "</span> <b id=\"ar-countdown\" dir=\"ltr\">\(Self.text(seconds))</b></p>".utf8)
        for part in [style, script] {
            body += part.render(spare: 64) { hole, part in
                switch hole {
                case .nonce: part.appendHTML(nonce)
                case .opens: part.append(contentsOf: String(seconds).utf8)
                }
            }
        }
    }

    /// Hours, minutes and seconds: `26:04:09`.
    static func text(_ seconds: Int) -> String {
        [seconds / 3600, seconds / 60 % 60, seconds % 60]
            .map { ($0 < 10 ? "0" : "") + String($0) }
            .joined(separator: ":")
    }
}
