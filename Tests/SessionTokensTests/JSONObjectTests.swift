import Testing

@testable import SessionTokens

struct JSONObjectTests {
    private func isAccepted(_ text: String) -> Bool { JSONObject(Array(text.utf8).span) != nil }

    @Test(
        "Every valid object is read",
        arguments: [
            "{}", " { } ", #"{"a":1}"#, "{\t\"a\" :\n[ ] ,\r\"b\":{}}", #"{"a":[1,-2.5e+3,true,false,null,"x"]}"#,
            #"{"a":{"b":{"c":{}}}}"#, #"{"a":"\u00e9\n\"\\"}"#, #"{"é":"😀"}"#, #"{"a":0,"b":-0,"c":1E5}"#,
        ])
    func valid(text: String) { #expect(isAccepted(text)) }

    @Test(
        "What is not exactly one object is refused",
        arguments: [
            "", " ", "[]", "1", #""a""#, "{", "}", "{}{}", "{} x", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,"a":1}"#,
            #"{a:1}"#, #"{'a':1}"#, #"{"a":01}"#, #"{"a":+1}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":1e}"#, #"{"a":-}"#,
            #"{"a":NaN}"#, #"{"a":tru}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, "{\"a\":\"\n\"}", "{\"a\":\"\u{0}\"}",
            #"{"a":[1,]}"#, #"{"a":[}"#, #"{"a":1 "b":2}"#, "\u{FEFF}{}", #"{"a":"x}"#, #"{"a":"\"#,
        ])
    func invalid(text: String) { #expect(!isAccepted(text)) }

    @Test(
        "A name that occurs twice is refused, at any depth and however it is written",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"x":{"a":1,"a":2}}"#, #"{"x":[{"a":1,"a":2}]}"#,
            #"{"a":1,"\u0061":2}"#, #"{"\u0061":2}"#,
        ])
    func duplicates(text: String) { #expect(!isAccepted(text)) }

    @Test("Depth and number of members are bounded")
    func bounds() {
        #expect(isAccepted(#"{"a":[[[1]]]}"#))
        #expect(!isAccepted(#"{"a":[[[[1]]]]}"#))
        let members = { (count: Int) in (0..<count).map { "\"n\($0)\":0" }.joined(separator: ",") }
        #expect(isAccepted("{\(members(32))}"))
        #expect(!isAccepted("{\(members(33))}"))
    }

    @Test("Invalid UTF-8 is refused")
    func encoding() {
        for bytes: [UInt8] in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]] {
            let text = Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)
            let isAccepted = JSONObject(text.span) != nil
            #expect(!isAccepted)
        }
    }

    /// What an integer and a string of this name read as.
    private func members(_ text: String, _ name: String) -> (integer: Int64?, string: String?, exists: Bool)? {
        let text = Array(text.utf8)
        return JSONObject(text.span).map { object in
            (
                object.integer(name, in: text.span),
                object.string(name, in: text.span).map { String(decoding: text[$0], as: UTF8.self) },
                object.has(name, in: text.span)
            )
        }
    }

    @Test("Only whole numbers of at most 15 digits are integers")
    func integers() {
        let text = #"{"a":999999999999999,"b":1000000000000000,"c":1.0,"d":1e3,"e":-7,"f":"1"}"#
        #expect(members(text, "a")?.integer == 999_999_999_999_999)
        #expect(members(text, "e")?.integer == -7)
        for name in ["b", "c", "d", "f", "g"] { #expect(members(text, name)?.integer == nil) }
    }

    @Test("A string with escapes is there, but is none that could be what is looked for")
    func escapes() {
        let text = #"{"alg":"RS\u0032\u0035\u0036","typ":"x"}"#
        #expect(members(text, "alg")?.exists == true)
        #expect(members(text, "alg")?.string == nil)
        #expect(members(text, "typ")?.string == "x")
    }
}
