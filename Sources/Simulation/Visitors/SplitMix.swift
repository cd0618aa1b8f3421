#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Random numbers that are the same for the same seed, on every machine (S. Vigna, SplitMix64).
package struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }

    /// From 0 to below 1.
    mutating func part() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Exponentially distributed, 1 on average.
    mutating func exponential() -> Double { -log(1 - part()) }
}
