import RoomConfiguration
import Testing

@Suite("Hostile and broken files")
struct HostileFileTests {
    @Test("Aliases that unfold without bound are refused")
    func billionLaughs() {
        var text = "a0: &a0 { <<: { workers: 1 } }\n"
        for level in 1...30 { text += "a\(level): &a\(level) { <<: [*a\(level - 1), *a\(level - 1)] }\n" }
        let merged = problems(text + "gate: { <<: *a30 }\n")
        #expect(merged.contains { $0.contains("aliases unfold to more than 100000 values; write the values out") })
        let rooms = "[\(Array(repeating: "*h", count: 490).joined(separator: ", "))]"
        let headers = Array(repeating: "{ name: A }", count: 500).joined(separator: ", ")
        let listed = problems("rooms:\n- &h { bypass: { headers: [\(headers)] } }\nx: \(rooms)")
        #expect(!listed.isEmpty)
    }

    @Test("An alias cannot be a key, and there are at most 500")
    func aliasKeys() {
        let remedy = "a key is an alias or a collection; write keys out"
        #expect(problems("a: &a [1]\n*a : 2") == ["a.yml:2:3: \(remedy)"])
        #expect(problems("a: &a [1]\n? *a\n: 2") == ["a.yml:2:1: \(remedy)"])
        #expect(problems("a: &a [1]\nb: { [*a]: 2 }") == ["a.yml:2:10: \(remedy)"])
        let many = "a: &a 1\nb: [\(Array(repeating: "*a", count: 501).joined(separator: ", "))]"
        #expect(problems(many) == ["a.yml:2:2005: there are more than 500 aliases; write the values out"])
    }

    @Test("Deep nesting is refused", arguments: ["[", "{a: ", "- ", "? "])
    func deepNesting(opening: String) {
        #expect(problems(String(repeating: opening, count: 100_000)).count == 1)
    }

    @Test("Random changes of a good file give a configuration or problems with lines, and never a crash")
    func mutations() throws {
        let good = Array(try repositoryFile("config/anteroom.yml").utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) { Self.mutate(&bytes, using: &generator) }
            guard case .failure(let mistakes) = load(bytes) else { continue }
            #expect(!mistakes.problems.isEmpty)
            for problem in mistakes.problems {
                let line = problem.line ?? 0
                #expect(line >= 1 && line <= bytes.count { $0 == 0x0a } + 2, "\(problem)")
                #expect(!problem.description.contains("\n"))
            }
        }
    }

    private static func mutate(_ bytes: inout [UInt8], using generator: inout some RandomNumberGenerator) {
        guard let index = bytes.indices.randomElement(using: &generator) else { return }
        let pieces: [[UInt8]] =
            ["\n", "  ", ": ", "- ", "&a ", "*a", "[", "]", "{", "}", "\"", "'", "#", "!t ", "\t", "|"]
            .map { Array($0.utf8) } + [[0], [0xff], [0xc3]]
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(contentsOf: pieces.randomElement(using: &generator) ?? [], at: index)
        case 3: bytes.removeLast(Int.random(in: 0...min(50, bytes.count - 1), using: &generator))
        default:
            let end = min(bytes.count, index + Int.random(in: 1...80, using: &generator))
            bytes.insert(contentsOf: bytes[index..<end], at: bytes.indices.randomElement(using: &generator) ?? 0)
        }
    }
}
