import Foundation
import Testing
import WaitingRoom

@testable import Simulation

#if canImport(FoundationXML)
import FoundationXML
#endif

struct PictureTests {
    /// The names of elements, and the text outside of tags.
    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [String: Int] = [:]
        var text = ""

        func parser(
            _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) { elements[element, default: 0] += 1 }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
    }

    private func read(_ svg: String) throws -> Reader {
        let reader = Reader()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        try #require(parser.parse(), "\(String(describing: parser.parserError))")
        return reader
    }

    @Test("The picture is well-formed, and says how long the line was and what its axes count")
    func wellFormed() throws {
        let result = try Crowd.mixed(seed: 1).run()
        let reader = try read(SimulationPicture(result).svg)
        #expect(reader.elements["svg"] == 1)
        #expect(reader.elements["polyline", default: 0] >= 6)
        #expect(reader.text.contains("6,000 visitors"))
        #expect(reader.text.contains("2,000 after"))
        #expect(reader.text.contains("Visitors so far"))
        #expect(reader.text.contains("10 min"))
        #expect(reader.text.contains("prefers-color-scheme: dark"))
    }

    @Test("A simulation in which nobody waits, or in which nobody gets in, has a picture too")
    func empty() throws {
        _ = try read(SimulationPicture(try Crowd.simulation(Crowd.burst(1)).run()).svg)
        var paused = try Crowd.simulation(Crowd.burst(3)) { $0.status = .paused }
        paused.patience = .seconds(30)
        #expect(try read(SimulationPicture(paused.run()).svg).text.contains("Nobody was let in"))
    }

    @Test("What means something in XML is escaped")
    func escaping() { #expect("<a> & \"b\"\u{1}".escapedForXML == "&lt;a&gt; &amp; &quot;b&quot; ") }

    @Test("Axes have round steps and hold what they are for", arguments: [0.3, 1, 7, 99, 100, 101, 45_000, 1e9])
    func ticks(highest: Double) {
        let ticks = AxisTicks(upTo: highest, about: 4)
        #expect(ticks.top >= highest)
        #expect((2...8).contains(ticks.values.count))
        #expect(ticks.values[0] == 0)
    }

    @Test("Numbers and spans are written for people")
    func figures() {
        #expect(Figures.count(12_345_678) == "12,345,678")
        #expect(Figures.decimal(999.95) == "1,000")
        #expect(Figures.decimal(0.25) == "0.3")
        #expect(Figures.span(Milliseconds(45_300)) == "45.3 s")
        #expect(Figures.span(Milliseconds(90_000)) == "1:30")
        #expect(Figures.span(Milliseconds(5_025_000)) == "1:23:45")
        #expect(Figures.percent(1, of: 8) == "12.5 %")
    }
}
