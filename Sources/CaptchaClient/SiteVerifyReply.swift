import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a provider says of an answer.
struct SiteVerifyReply: Decodable {
    var success: Bool
    var errorCodes: [String]?

    enum CodingKeys: String, CodingKey {
        case success
        case errorCodes = "error-codes"
    }

    init(_ body: ByteBuffer) throws {
        self = try JSONDecoder().decode(SiteVerifyReply.self, from: Data(body.readableBytesView))
    }

    /// Where the provider refuses the gate rather than the visitor: nothing that a visitor could do would help.
    var flawOfOurs: String? {
        guard !success else { return nil }
        return errorCodes?.first {
            $0.hasSuffix("-secret") || $0.hasSuffix("-sitekey") || $0.hasSuffix("-sitekey-secret-mismatch")
                || $0 == "bad-request" || $0 == "internal-error" || $0 == "sitekey-secret-mismatch"
        }
    }
}

/// A form's text (WHATWG URL §5.2), with every byte in hexadecimal that is no letter or digit.
enum FormText {
    static func encode(_ fields: [(name: String, value: String)]) -> String {
        fields.map { "\(escape($0.name))=\(escape($0.value))" }.joined(separator: "&")
    }

    private static func escape(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
