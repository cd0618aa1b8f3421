import APIBodies
import SessionTokens
import Testing
import WaitingRoom

@testable import VisitorAPI

struct HandoverCodeTests {
    @Test("A code is read however it is typed")
    func typed() {
        let code = HandoverCode(typed: "01AB-CDEF")
        #expect(code?.text == "01ABCDEF" && code?.grouped == "01AB-CDEF")
        for text in ["o1abcdef", " 0 l a b c d e f ", "OIAB-cdef", "0-1-A-B-C-D-E-F"] {
            #expect(HandoverCode(typed: text) == code, "\(text)")
        }
        for text in ["", "01ABCDE", "01ABCDEFG", "01ABCDEU", "01ABCDE!", "01ABCDEÄ", String(repeating: "-", count: 99)]
        {
            #expect(HandoverCode(typed: text) == nil, "\(text)")
        }
    }

    @Test("Codes are drawn from all of their 40 bits")
    func drawn() {
        var generator = SystemRandomNumberGenerator()
        var digits = [Set<Character>](repeating: [], count: HandoverCode.length)
        for _ in 0..<2_000 {
            let code = HandoverCode(using: &generator)
            #expect(HandoverCode(typed: code.text) == code)
            for (index, digit) in code.text.enumerated() { digits[index].insert(digit) }
        }
        #expect(digits.allSatisfy { $0.count == 32 })
    }

    @Test("Digests and positions follow from code, room and attempt, and differ with each")
    func keys() throws {
        let keys = HandoverKeys(salt: try #require(BindingSalt("salt")))
        let other = HandoverKeys(salt: try #require(BindingSalt("pepper")))
        let (hall, shop) = (try #require(RoomID("hall")), try #require(RoomID("shop")))
        let code = try #require(HandoverCode(typed: "01ABCDEF"))
        let next = try #require(HandoverCode(typed: "01ABCDEG"))
        let digests = [
            keys.digest(of: code, in: hall), keys.digest(of: code, in: shop), keys.digest(of: next, in: hall),
            other.digest(of: code, in: hall),
        ]
        #expect(Set(digests).count == 4 && !digests.contains(nil))
        let positions = [
            keys.position(for: code, attempt: "a", in: hall), keys.position(for: code, attempt: "b", in: hall),
            keys.position(for: next, attempt: "a", in: hall), keys.position(for: code, attempt: "a", in: shop),
        ]
        #expect(Set(positions).count == 4 && !positions.contains(nil))
        #expect(keys.position(for: code, attempt: "a", in: hall) == positions[0])
        #expect(positions[0]?.isReturn == false)
    }

    @Test("A form's fields are read as browsers write them")
    func form() {
        let form = FormBody("code=01AB+cdef&attempt=a%2Bb%3D%3d&code=twice&empty=&bare&x=%zz%4".utf8)
        #expect(form["code"] == "01AB cdef" && form["attempt"] == "a+b==" && form["empty"] == "")
        #expect(form["bare"] == "" && form["x"] == "%zz%4" && form["none"] == nil)
    }

    @Test("A body without a code, or with what cannot be one, is told what would be right")
    func body() throws {
        let body = try HandoverBody(Array(#"{"code":"01ab-cdef","attempt":"7","more":1}"#.utf8))
        #expect(body.code.text == "01ABCDEF" && body.attempt == "7")
        for (text, pointer) in [
            ("", "#/code"), ("{}", "#/code"), (#"{"code":1}"#, "#/code"), (#"{"code":"01"}"#, "#/code"), ("[]", "#"),
            (#"{"code":"01abcdef","attempt":"\#(String(repeating: "x", count: 65))"}"#, "#/attempt"),
        ] {
            let mistake = #expect(throws: BodyMistake.self) { try HandoverBody(Array(text.utf8)) }
            #expect(mistake?.pointer == pointer, "\(text)")
        }
    }
}
