import HTTPWire

/// A chunked body gives the same bytes and ends at the same place however it arrives, and as llhttp reads it.
///
/// Extensions and trailers are read past on purpose and never forwarded. llhttp wants the extensions' grammar, and
/// heeds trailers that frame a message (RFC 9110 §6.5.1 forbids both to send and to heed them). For the comparison
/// extensions are cut out, and trailers get other names.
enum ChunkedProperty {
    private struct Reading: Equatable {
        var body: [UInt8] = []
        /// How many bytes were read before the body's end or the refusal.
        var taken = 0
        var hasEnded = false
        var refusal: HeadRefusal?
    }

    static func check(_ input: [UInt8]) throws(Finding) {
        var isBody = [Bool](repeating: false, count: input.count)
        let bytewise = read(input, input.indices.map { $0..<$0 + 1 }, isBody: &isBody)
        var ignored = isBody
        for cut in cuts(of: input) {
            var reading = read(input, [0..<cut, cut..<input.count], isBody: &ignored)
            // Within one piece, what was read before a refusal is not told.
            if reading.refusal != nil { reading.taken = bytewise.taken }
            if reading != bytewise { throw Finding("Cut at \(cut): \(reading), bytewise \(bytewise)", input) }
        }
        let accepted = comparable(Array(input[..<bytewise.taken]), isBody)
        let head = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        let theirs = LLHTTPReading.ofRequest([head, accepted])
        if let error = theirs.error { throw Finding("llhttp refuses: \(error)", accepted) }
        guard theirs.body == bytewise.body, theirs.hasEnded == bytewise.hasEnded else {
            throw Finding("llhttp reads \(text(theirs.body)), ended \(theirs.hasEnded)", accepted)
        }
        if theirs.hasEnded, LLHTTPReading.ofRequest([head, Array(accepted.dropLast())]).hasEnded {
            throw Finding("llhttp ends before the last byte", accepted)
        }
    }

    private static func read(_ input: [UInt8], _ pieces: [Range<Int>], isBody: inout [Bool]) -> Reading {
        var decoder = ChunkedDecoder()
        var reading = Reading()
        for piece in pieces {
            var start = piece.lowerBound
            while start < piece.upperBound, !decoder.hasEnded {
                do throws(HeadRefusal) {
                    let rest = Array(input[start..<piece.upperBound])
                    let result: Result<ChunkedDecoder.Step, HeadRefusal> = rest.withUnsafeBytes { bytes in
                        do throws(HeadRefusal) {
                            return .success(try decoder.step(bytes))
                        } catch {
                            return .failure(error)
                        }
                    }
                    switch try result.get() {
                    case .skip(let count), .end(let count): start += count
                    case .data(let count):
                        for index in start..<start + count { isBody[index] = true }
                        reading.body += input[start..<start + count]
                        start += count
                    }
                    reading.taken = start
                } catch {
                    reading.refusal = error
                    return reading
                }
            }
        }
        reading.hasEnded = decoder.hasEnded
        return reading
    }

    private static func comparable(_ accepted: [UInt8], _ isBody: [Bool]) -> [UInt8] {
        var bytes: [UInt8] = []
        var line: [UInt8] = []
        var isExtension = false
        var isTrailer = false
        for (byte, isBody) in zip(accepted, isBody) {
            if isBody {
                line = []
            } else if byte == UInt8(ascii: "\n") {
                if !line.isEmpty, line.allSatisfy({ $0 == UInt8(ascii: "0") }) { isTrailer = true }
                line = []
            } else if byte == UInt8(ascii: "\r") {
                isExtension = false
            } else if byte == UInt8(ascii: ";"), !isTrailer {
                isExtension = true
            } else if !isExtension {
                line.append(byte)
            }
            if isExtension { continue }
            bytes.append(isTrailer && line.count == 1 && byte == line[0] ? UInt8(ascii: "x") : byte)
        }
        return bytes
    }
}
