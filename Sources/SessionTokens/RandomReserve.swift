import COpenSSL

/// Unpredictable numbers, made for 32 uses at a time: the system's own generator is a call of the kernel for each.
package struct RandomReserve: RandomNumberGenerator {
    private var numbers = [UInt64](repeating: 0, count: 32)
    private var left = 0

    package init() {}

    package mutating func next() -> UInt64 {
        if left == 0 { fill() }
        left -= 1
        // What was given is not kept.
        defer { numbers[left] = 0 }
        return numbers[left]
    }

    private mutating func fill() {
        let isFilled = unsafe numbers.withUnsafeMutableBytes { bytes in
            unsafe RAND_bytes(bytes.bindMemory(to: UInt8.self).baseAddress, CInt(bytes.count)) == 1
        }
        if !isFilled {
            var system = SystemRandomNumberGenerator()
            for index in numbers.indices { numbers[index] = system.next() }
        }
        left = numbers.count
    }
}
