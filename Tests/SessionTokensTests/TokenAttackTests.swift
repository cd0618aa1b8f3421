import COpenSSL
import Testing
import WaitingRoom

@testable import SessionTokens

@Suite("Attacks on tokens")
struct TokenAttackTests {
    private func parts(_ token: String) -> [String] {
        token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    private func encoded(_ text: String) -> String { Base64URL.text(Array(text.utf8)) }

    @Test(
        "Whatever algorithm a token names, only the configured one is used", arguments: TokenAlgorithm.allCases,
        ["none", "None", "NONE", "", "HS256", "RS512", "RS384", "PS256", "ES384", "EdDSA", "rs256", "es256"])
    func algorithms(algorithm: TokenAlgorithm, name: String) throws {
        let fixture = try TokenFixture(algorithm)
        let header = #"{"alg":"\#(name)","kid":"\#(fixture.keyID)","typ":"session+jwt"}"#
        #expect(fixture.refusal(try fixture.signed(header: header, payload: fixture.payload())) == .wrongAlgorithm)
        let unsigned = "\(encoded(header)).\(encoded(try fixture.payload()))."
        #expect(fixture.refusal(unsigned) == .wrongAlgorithm)
    }

    @Test("Each algorithm refuses the other's name with its own key")
    func crossedAlgorithms() throws {
        let rsa = try TokenFixture(.rs256)
        let ec = try TokenFixture(.es256)
        #expect(rsa.refusal(try ec.token(.session)) == .wrongAlgorithm)
        #expect(ec.refusal(try rsa.token(.session)) == .wrongAlgorithm)
        let named = try ec.signed(header: rsa.header(), payload: ec.payload())
        #expect(rsa.refusal(named) == .badSignature)
    }

    @Test("The public key is no HMAC secret")
    func publicKeyAsSecret() throws {
        let fixture = try TokenFixture(.rs256)
        let secret = Array(PyJWTVectors.rs256PublicKey.utf8)
        for name in ["HS256", "RS256"] {
            let header = #"{"alg":"\#(name)","kid":"\#(fixture.keyID)","typ":"session+jwt"}"#
            let input = "\(encoded(header)).\(encoded(try fixture.payload()))"
            var hash = [UInt8](repeating: 0, count: 32)
            #expect(
                HMAC(EVP_sha256(), secret, Int32(secret.count), Array(input.utf8), input.utf8.count, &hash, nil) != nil)
            let expected: TokenError = name == "HS256" ? .wrongAlgorithm : .badSignature
            #expect(fixture.refusal("\(input).\(Base64URL.text(hash))") == expected)
        }
    }

    @Test("A header is refused for what it lacks, repeats or demands")
    func headers() throws {
        let fixture = try TokenFixture(.es256)
        let kid = fixture.keyID
        let table: [(String, TokenError)] = [
            (#"{"alg":"ES256","typ":"session+jwt"}"#, .malformed),
            (#"{"kid":"\#(kid)","typ":"session+jwt"}"#, .malformed),
            (#"{"alg":"ES256","kid":"\#(kid)"}"#, .wrongKind),
            (#"{"alg":"ES256","kid":"\#(kid)","typ":"JWT"}"#, .wrongKind),
            (#"{"alg":"ES256","kid":"\#(kid)","typ":"SESSION+JWT"}"#, .wrongKind),
            (#"{"alg":["ES256"],"kid":"\#(kid)","typ":"session+jwt"}"#, .wrongAlgorithm),
            (#"{"alg":"ES256","kid":"","typ":"session+jwt"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":7,"typ":"session+jwt"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":"\#(kid)x","typ":"session+jwt"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":"../../etc/passwd","typ":"session+jwt"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":"' OR 1=1 --","typ":"session+jwt"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":"\#(kid)","typ":"session+jwt","crit":["exp"],"exp":1}"#, .malformed),
            (#"{"alg":"ES256","kid":"\#(kid)","typ":"session+jwt","crit":[]}"#, .malformed),
            (#"{"alg":"ES256","alg":"ES256","kid":"\#(kid)","typ":"session+jwt"}"#, .malformed),
            (#"{"alg":"none","alg":"ES256","kid":"\#(kid)","typ":"session+jwt"}"#, .malformed),
            (#"{"alg":"ES256","kid":"\#(kid)","typ":"session+jwt","a":[[[[[]]]]]}"#, .malformed),
            ("", .malformed), ("[]", .malformed), ("{}", .malformed), ("null", .malformed),
        ]
        for (header, error) in table {
            let token = try fixture.signed(header: header, payload: fixture.payload())
            #expect(fixture.refusal(token) == error, "\(header)")
        }
    }

    @Test("A signed payload that names a claim twice is refused")
    func duplicateClaims() throws {
        let fixture = try TokenFixture(.es256)
        for payload in [
            String(try fixture.payload().dropLast()) + #","exp":9999999999}"#,
            String(try fixture.payload().dropLast()) + #","\u0065xp":9999999999}"#,
        ] {
            #expect(fixture.refusal(try fixture.signed(header: fixture.header(), payload: payload)) == .malformed)
        }
    }

    @Test("A token that is cut anywhere is refused", arguments: TokenAlgorithm.allCases)
    func truncation(algorithm: TokenAlgorithm) throws {
        let fixture = try TokenFixture(algorithm)
        let token = Array(try fixture.token(.session).utf8)
        for count in 0..<token.count {
            #expect(fixture.refusal(Array(token[..<count])) != nil, "first \(count)")
            #expect(fixture.refusal(Array(token[(token.count - count)...])) != nil, "last \(count)")
        }
    }

    @Test("A token with any one bit changed is refused", arguments: TokenAlgorithm.allCases)
    func bitFlips(algorithm: TokenAlgorithm) throws {
        let fixture = try TokenFixture(algorithm)
        var token = Array(try fixture.token(.position).utf8)
        for index in token.indices {
            for bit in 0..<8 {
                token[index] ^= 1 << UInt8(bit)
                #expect(fixture.refusal(token, as: .position) != nil, "bit \(bit) of byte \(index)")
                token[index] ^= 1 << UInt8(bit)
            }
        }
        #expect(fixture.refusal(token, as: .position) == nil)
    }

    @Test("There is one way only to write a token", arguments: TokenAlgorithm.allCases)
    func malleability(algorithm: TokenAlgorithm) throws {
        let fixture = try TokenFixture(algorithm)
        let token = try fixture.token(.session)
        let parts = parts(token)
        for other in [
            token + "=", token + "==", token + "\n", " " + token, token + ".", "." + token, token + ".e30",
            "\(parts[0])=.\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1])\n.\(parts[2])",
            token.replacing("-", with: "+").replacing("_", with: "/") + "=", "Bearer " + token, token + "\u{0}",
            "..", ".", "", "\(parts[0]).\(parts[1])",
        ] {
            #expect(fixture.refusal(other) == .malformed, "\(other)")
        }
        // 256 and 64 bytes leave bits in the last digit that no byte needs.
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = try #require(token.last)
        for digit in digits where digit != last {
            #expect(fixture.refusal(String(token.dropLast()) + String(digit)) != nil)
        }
    }

    @Test("A token above 2 KiB is refused unread")
    func oversize() throws {
        let fixture = try TokenFixture(.es256)
        let token = { (count: Int) in
            let payload =
                String(try fixture.payload().dropLast()) + #","x":"\#(String(repeating: "x", count: count))"}"#
            return try fixture.signed(header: fixture.header(), payload: payload)
        }
        #expect(fixture.refusal(try token(1000)) == nil)
        let long = try token(1300)
        #expect(long.utf8.count > TokenVerifier.tokenLimit)
        #expect(fixture.refusal(long) == .malformed)
    }

    @Test("The signature of another key, of another token, of nothing", arguments: TokenAlgorithm.allCases)
    func foreignSignatures(algorithm: TokenAlgorithm) throws {
        let fixture = try TokenFixture(algorithm)
        let mine = parts(try fixture.token(.session))
        let stranger = try OpenSSLKey.generate(for: algorithm)
        let input = "\(mine[0]).\(mine[1])"
        let signature = try stranger.sign(SHA256.digest(of: Array(input.utf8)), with: algorithm)
        #expect(fixture.refusal("\(input).\(Base64URL.text(signature))") == .badSignature)
        let another = parts(try fixture.token(.session, life: 301))
        #expect(fixture.refusal("\(input).\(another[2])") == .badSignature)
        #expect(fixture.refusal("\(mine[0]).\(another[1]).\(mine[2])") == .badSignature)
        #expect(fixture.refusal("\(input).") == .badSignature)
        #expect(fixture.refusal("\(mine[0])..\(mine[2])") == .badSignature)
        #expect(fixture.refusal("\(input).AAAA") == .badSignature)
        let long = Base64URL.text([UInt8](repeating: 0, count: 1) + Self.bytes(mine[2]))
        #expect(fixture.refusal("\(input).\(long)") == .badSignature)
    }

    @Test("R and S out of range are no signature")
    func ecdsaRange() throws {
        let fixture = try TokenFixture(.es256)
        let token = parts(try fixture.token(.session))
        let good = Self.bytes(token[2])
        let zero = [UInt8](repeating: 0, count: 32)
        // The order of P-256 (SEC 2 §2.4.2).
        let order = try #require(Self.hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"))
        let above = [UInt8](repeating: 0xff, count: 32)
        for bad in [zero, order, above] {
            for signature in [bad + good[32...], good[..<32] + bad, bad + bad] {
                #expect(fixture.refusal("\(token[0]).\(token[1]).\(Base64URL.text(signature))") == .badSignature)
            }
        }
        // S and order − S are both good (FIPS 186-5): two texts, the same claims, so nothing is won.
        let mirrored = good[..<32] + Self.difference(order, Array(good[32...]))
        #expect(fixture.refusal("\(token[0]).\(token[1]).\(Base64URL.text(Array(mirrored)))") == nil)
    }

    @Test("RSA signatures of 0, of 1 and of the modulus are refused")
    func rsaRange() throws {
        let fixture = try TokenFixture(.rs256)
        let token = parts(try fixture.token(.session))
        let modulus = try fixture.ring.keys.signing.verification.key.number(OSSL_PKEY_PARAM_RSA_N)
        let zero = [UInt8](repeating: 0, count: 255)
        for signature in [zero + [0], zero + [1], modulus, [UInt8](repeating: 0xff, count: 256)] {
            #expect(fixture.refusal("\(token[0]).\(token[1]).\(Base64URL.text(signature))") == .badSignature)
        }
    }

    @Test("A hundred thousand mutations are refused without a crash", arguments: TokenAlgorithm.allCases)
    func mutations(algorithm: TokenAlgorithm) throws {
        let fixture = try TokenFixture(algorithm)
        var random = SplitMix64(state: 0x616e_7465_726f_6f6d)
        let token = Array(try fixture.token(.session).utf8)
        let alphabet = Array("AZaz09-_.=+/{}\"\\ \u{0}\u{7f}".utf8)
        for _ in 0..<50_000 {
            var mutant = token
            // Mostly in the first two parts: what reaches the signature check is slow and says little.
            for _ in 0..<Int.random(in: 1...4, using: &random) where !mutant.isEmpty {
                let index = Int.random(in: 0..<mutant.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: mutant[index] = UInt8.random(in: .min ... .max, using: &random)
                case 1: mutant[index] = alphabet.randomElement(using: &random) ?? 0
                case 2: mutant.remove(at: index)
                case 3: mutant.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
                default: mutant.removeSubrange(index..<min(mutant.count, index + 20))
                }
            }
            if mutant != token { #expect(fixture.refusal(mutant) != nil) }
            // Random JSON under a good encoding, so that the readers of header and payload see it.
            var header = Array(fixture.header().utf8)
            let index = Int.random(in: 0..<header.count, using: &random)
            header[index] = UInt8.random(in: .min ... .max, using: &random)
            var payload = Array(try fixture.payload().utf8)
            payload[Int.random(in: 0..<payload.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            _ = TokenClaims(json: payload.span, kind: .session)
            _ = fixture.refusal("\(Base64URL.text(header)).\(Base64URL.text(payload)).AAAA")
        }
    }

    private static func bytes(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        return Base64URL.decode(Array(text.utf8).span, into: &bytes) ? bytes : []
    }

    private static func hex(_ text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// `a − b` of equal length, big-endian, for a ≥ b.
    private static func difference(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var result = a
        var borrow = 0
        for index in a.indices.reversed() {
            let digit = Int(a[index]) - Int(b[index]) - borrow
            borrow = digit < 0 ? 1 : 0
            result[index] = UInt8(truncatingIfNeeded: digit)
        }
        return result
    }
}

/// A small generator with a fixed start, so that a failure can be repeated (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
