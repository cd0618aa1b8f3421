import APIBodies
import Testing

@Suite("Bodies of which every member is known")
struct BodyObjectTests {
    private func object(_ text: String) throws(BodyMistake) -> BodyObject {
        try BodyObject(Array(text.utf8), names: ["a", "b"], remedy: "send a and b")
    }

    private func mistake(_ body: () throws(BodyMistake) -> Void) -> String? {
        do throws(BodyMistake) {
            try body()
            return nil
        } catch {
            return "\(error.pointer): \(error.detail)"
        }
    }

    @Test("Members are there, null, or absent")
    func members() throws {
        let object = try object("{\"a\": null, \"b\": 3}")
        #expect(object.contains("a") && object.contains("b") && !object.contains("c") && !object.isEmpty)
        #expect(try object.text("a", remedy: "") == nil)
        #expect(try object.number("b", in: 1...3, remedy: "") == 3)
        #expect(try self.object("{\"a\": \"x\"}").text("a", remedy: "") == "x")
        #expect(try self.object(" ").isEmpty)
    }

    @Test("What is not known, or of another kind, is named with its place")
    func mistakes() {
        #expect(
            mistake { () throws(BodyMistake) in _ = try object("{\"c/d\": 1}") }
                == "#/c~1d: c/d is not known here; known: a, b.")
        #expect(mistake { () throws(BodyMistake) in _ = try object("[]") }?.hasPrefix("#: ") == true)
        #expect(mistake { () throws(BodyMistake) in _ = try object("{") }?.hasSuffix("send a and b.") == true)
        for (text, wrong) in [
            ("{\"a\": 1}", "has a value of the wrong kind"), ("{\"a\": [\"x\"]}", "has a value of the wrong kind"),
            ("{\"a\": true}", "has a value of the wrong kind"),
        ] {
            #expect(
                mistake { () throws(BodyMistake) in _ = try object(text).text("a", remedy: "write a text") }
                    == "#/a: a \(wrong); write a text.")
        }
        for (value, wrong) in [
            ("1.5", "is no whole number"), ("4", "is 4"), ("\"1\"", "has a value of the wrong kind"),
            ("true", "has a value of the wrong kind"), ("1e300", "is no whole number"),
        ] {
            #expect(
                mistake { () throws(BodyMistake) in
                    _ = try object("{\"b\": \(value)}").number("b", in: 1...3, remedy: "write 1 to 3")
                } == "#/b: b \(wrong); write 1 to 3.")
        }
    }
}
