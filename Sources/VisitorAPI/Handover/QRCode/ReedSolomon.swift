/// Check bytes over GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1 (ISO/IEC 18004:2015, clause 7.5).
enum ReedSolomon {
    /// The remainder of a block. O(bytes · count).
    static func check(of block: [UInt8], count: Int) -> [UInt8] {
        let divisor = generator(of: count)
        var rest = [UInt8](repeating: 0, count: count)
        for byte in block {
            let factor = byte ^ rest[0]
            rest = rest.dropFirst() + [0]
            for index in rest.indices { rest[index] ^= product(divisor[index], factor) }
        }
        return rest
    }

    /// (x - 1)(x - 2)(x - 4) … without its highest term.
    private static func generator(of count: Int) -> [UInt8] {
        var factors = [UInt8](repeating: 0, count: count)
        factors[count - 1] = 1
        var root: UInt8 = 1
        for _ in 0..<count {
            for index in factors.indices {
                factors[index] = product(factors[index], root)
                if index + 1 < count { factors[index] ^= factors[index + 1] }
            }
            root = product(root, 2)
        }
        return factors
    }

    private static func product(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var result = 0
        for bit in (0..<8).reversed() {
            result = result << 1 ^ (result >> 7) * 0x11d
            if b >> UInt8(bit) & 1 == 1 { result ^= Int(a) }
        }
        return UInt8(truncatingIfNeeded: result)
    }
}
