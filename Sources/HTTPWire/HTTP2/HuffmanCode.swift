/// The Huffman code of RFC 7541 Appendix B, as a machine that eats four bits at a time: no code is shorter than five
/// bits, so each step gives one symbol at most.
struct HuffmanCode: Sendable {
    static let hpack = HuffmanCode()

    /// What four bits do in a state.
    private struct Step {
        var next: UInt16 = 0
        var symbol: UInt8 = 0
        var emits = false
        /// The bits are those of EOS, which may not be sent (RFC 7541 §5.2).
        var fails = false
    }

    /// 16 for each state.
    private let steps: ContiguousArray<Step>
    /// States in which a string may end: what was read of the next code is seven ones at most.
    private let mayEnd: ContiguousArray<Bool>

    /// Bits of each symbol's code, EOS last. The code is canonical, so that the lengths say everything: codes of one
    /// length are consecutive, in the order of their symbols.
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
        28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
        8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
        13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
        28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
        22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
        22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
        25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
    ]

    /// A node of the tree; below zero stands a leaf, as the complement of its symbol.
    private struct Node {
        var zero = 0
        var one = 0
        var depth = 0
        var isAllOnes = true
    }

    private init() {
        let nodes = Self.tree()
        var steps = ContiguousArray(repeating: Step(), count: nodes.count * 16)
        for state in nodes.indices {
            for bits in 0..<16 {
                var step = Step()
                var node = state
                for bit in stride(from: 3, through: 0, by: -1) where !step.fails {
                    let next = bits >> bit & 1 == 1 ? nodes[node].one : nodes[node].zero
                    if next >= 0 {
                        node = next
                        continue
                    }
                    node = 0
                    step.fails = ~next == Self.lengths.count - 1
                    step.emits = true
                    step.symbol = UInt8(truncatingIfNeeded: ~next)
                }
                step.next = UInt16(node)
                steps[state * 16 + bits] = step
            }
        }
        self.steps = steps
        mayEnd = ContiguousArray(nodes.map { $0.depth <= 7 && $0.isAllOnes })
    }

    private static func tree() -> [Node] {
        var nodes = [Node()]
        var code = 0
        var length = 0
        for symbol in lengths.indices.sorted(by: { (lengths[$0], $0) < (lengths[$1], $1) }) {
            code <<= Int(lengths[symbol]) - length
            length = Int(lengths[symbol])
            var node = 0
            for bit in stride(from: length - 1, through: 0, by: -1) {
                let isOne = code >> bit & 1 == 1
                var next = bit == 0 ? ~symbol : isOne ? nodes[node].one : nodes[node].zero
                if next == 0 {
                    next = nodes.count
                    let isAllOnes = nodes[node].isAllOnes && isOne
                    nodes.append(Node(depth: nodes[node].depth + 1, isAllOnes: isAllOnes))
                }
                if isOne { nodes[node].one = next } else { nodes[node].zero = next }
                node = max(0, next)
            }
            code += 1
        }
        return nodes
    }

    /// Decodes `bytes` to where `out` begins, which must have room for 8/5 of them.
    /// - Returns: how many bytes that gave; nil for what is not a string of this code.
    func decode(_ bytes: UnsafeRawBufferPointer, to out: UnsafeMutableRawPointer) -> Int? {
        var state = 0
        var count = 0
        for index in 0..<bytes.count {
            let byte = unsafe bytes[index]
            for bits in 0..<2 {
                let step = steps[state &* 16 &+ Int(bits == 0 ? byte >> 4 : byte & 15)]
                if step.emits {
                    if step.fails { return nil }
                    unsafe out.storeBytes(of: step.symbol, toByteOffset: count, as: UInt8.self)
                    count &+= 1
                }
                state = Int(step.next)
            }
        }
        return mayEnd[state] ? count : nil
    }
}
