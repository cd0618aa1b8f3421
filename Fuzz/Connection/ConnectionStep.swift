/// What happens to a connection of HTTP/2, as an input says it: four bytes each and a payload.
///
/// The first byte is the kind in its low half, the second holds flags, the third names a stream or an origin, and the
/// fourth is the payload's length. So a changed byte is mostly another frame, rather than none.
enum ConnectionStep {
    /// The visitor sends this.
    case visitor([UInt8])
    /// One of the origin's connections sends this.
    case origin(Int, [UInt8])
    /// One of the origin's connections ends, or just its sending side.
    case originEnds(Int, isHalf: Bool)
    /// The visitor takes what it is sent, or does not.
    case takes(Bool)
    /// One of the origin's connections takes what it is sent, or does not.
    case originTakes(Int, Bool)
    /// So many seconds pass.
    case time(Int64)
    case visitorEnds
    /// The gate is told to end.
    case drain

    static func all(in input: [UInt8]) -> [ConnectionStep] {
        var steps: [ConnectionStep] = []
        var rest = input[...]
        while rest.count >= 4 {
            let (kind, flags, stream, length) = (
                rest[rest.startIndex], rest[rest.startIndex + 1], rest[rest.startIndex + 2], rest[rest.startIndex + 3]
            )
            rest = rest.dropFirst(4)
            let payload = Array(rest.prefix(Int(length)))
            rest = rest.dropFirst(Int(length))
            steps.append(ConnectionStep(kind & 0xf, repeats: Int(kind >> 4), flags, stream, payload))
        }
        return steps
    }

    private init(_ kind: UInt8, repeats: Int, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) {
        switch kind {
        case 10: self = .visitor(payload)
        case 11:
            let times = 1 << repeats
            self = .origin(Int(stream), Array([[UInt8]](repeating: payload, count: times).joined().prefix(1 << 16)))
        case 12: self = .originEnds(Int(stream), isHalf: flags % 2 == 1)
        case 13 where stream == 0: self = .takes(flags % 2 == 1)
        case 13: self = .originTakes(Int(stream) - 1, flags % 2 == 1)
        case 14: self = .time(Int64(flags))
        case 15: self = flags % 2 == 1 ? .visitorEnds : .drain
        default:
            // Long ones by saying the payload several times.
            let payload = Array([[UInt8]](repeating: payload, count: 1 + 16 * repeats).joined().prefix(16_384))
            let length = [UInt8(payload.count >> 16), UInt8(payload.count >> 8 & 0xff), UInt8(payload.count & 0xff)]
            self = .visitor(length + [kind, flags, 0, 0, 0, stream] + payload)
        }
    }
}
