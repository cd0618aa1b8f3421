import APIBodies
import Testing

@testable import VisitorAPI

@Suite("Bodies of API calls")
struct BodyTests {
    private func mistake(_ text: String) -> String? {
        do throws(BodyMistake) {
            _ = try EnqueueBody(Array(text.utf8))
            return nil
        } catch {
            return "\(error.pointer): \(error.detail)"
        }
    }

    @Test("A body within the schema is taken, members that nobody knows are ignored, and nothing is an empty object")
    func sound() throws {
        let longest = String(repeating: "é", count: 128)
        let members = (0..<15).map { "\"\($0)\": \"\"" }.joined(separator: ", ")
        let text = """
             { "priority": 1000, "pass": "a.b.c", "user_id": "\(longest)", "metadata": { "\(longest)": "\(longest)", \(members) },
               "more": [{}] }
            """
        let body = try EnqueueBody(Array(text.utf8))
        #expect(body.priority == 1000 && body.pass == "a.b.c" && body.userID == longest && body.metadata.count == 16)
        for text in ["", " \r\n", "{}", "{\"user_id\": null, \"priority\": null, \"metadata\": null}"] {
            let body = try EnqueueBody(Array(text.utf8))
            #expect(body.priority == nil && body.pass == nil && body.userID == nil && body.metadata.isEmpty)
        }
    }

    @Test("A refusal names the place, the mistake and what would be right")
    func refusals() {
        let whole = "send a JSON object with priority, pass, user_id and metadata, each of them optional, or nothing."
        let unreadable = "#: the body is not JSON (RFC 8259), or has a number that is too large; \(whole)"
        for text in ["{", "{}x", "{'a': 1}", "\u{1}x"] { #expect(mistake(text) == unreadable, "\(text)") }
        for text in ["[]", "null", "1", "\"{}\""] {
            #expect(mistake(text)?.hasPrefix("#: the body is") == true, "\(text)")
        }
        let priority = "write a whole number from 0 to 1000."
        for (value, wrong) in [
            ("\"1\"", "has a value of the wrong kind"), ("1.5", "is no whole number"), ("-1", "is -1"),
            ("1001", "is 1001"), ("[1]", "has a value of the wrong kind"),
        ] {
            #expect(mistake("{\"priority\": \(value)}") == "#/priority: priority \(wrong); \(priority)")
        }
        let user = "write a string of at most 256 bytes."
        #expect(mistake("{\"user_id\": 5}") == "#/user_id: user_id has a value of the wrong kind; \(user)")
        let long = String(repeating: "é", count: 129)
        #expect(mistake("{\"user_id\": \"\(long)\"}") == "#/user_id: user_id has 258 bytes; \(user)")
        let object = "write an object of at most 16 strings."
        #expect(mistake("{\"metadata\": []}") == "#/metadata: metadata has a value of the wrong kind; \(object)")
        let members = (0..<17).map { "\"\($0)\": \"\"" }.joined(separator: ", ")
        #expect(mistake("{\"metadata\": {\(members)}}") == "#/metadata: metadata has 17 members; \(object)")
        let member = "write a name and a string of at most 256 bytes each."
        #expect(mistake("{\"metadata\": {\"a\": 1}}") == "#/metadata/a: a has a value of the wrong kind; \(member)")
        #expect(
            mistake("{\"metadata\": {\"a/b~\u{e4}\": \"\(long)\"}}")
                == "#/metadata/a~1b~0%C3%A4: the value of a member of metadata has 258 bytes; \(member)")
        #expect(mistake("{\"metadata\": {\"\(long)\": \"\"}}")?.contains("the name of a member") == true)
    }

    @Test("A heartbeat may say when it was sent")
    func heartbeat() throws {
        for text in ["", "{}", "{\"timestamp\": 1795240000000}", "{\"timestamp\": 1.5, \"x\": 1}"] {
            _ = try HeartbeatBody(Array(text.utf8))
        }
        for text in ["{\"timestamp\": \"now\"}", "{\"timestamp\": -1}"] {
            #expect(throws: BodyMistake.self) { _ = try HeartbeatBody(Array(text.utf8)) }
        }
    }

    @Test("The problem that a caller gets is RFC 9457 with the place in errors")
    func problem() throws {
        let mistake = BodyMistake(at: ["metadata", "\""], "it is wrong", "write it right")
        let response = VisitorResponse.problem(mistake)
        #expect(response.status == 400 && response.contentType == "application/problem+json")
        #expect(
            String(decoding: response.body, as: UTF8.self)
                == #"{"type":"about:blank","title":"Bad Request","status":400,"detail":"it is wrong; write it right.","#
                + ##""errors":[{"pointer":"#/metadata/%22","detail":"it is wrong; write it right."}]}"##)
    }
}
