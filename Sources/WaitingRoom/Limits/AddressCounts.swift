/// How many places the visitors of each address hold in one line. Only addresses that hold one take room.
struct AddressCounts: Sendable {
    private var counts = ShardedTable<AddressDigest, Int32>()

    subscript(address: AddressDigest) -> Int { Int(counts[address] ?? 0) }

    mutating func add(_ address: AddressDigest) { counts[address] = (counts[address] ?? 0) + 1 }

    mutating func remove(_ address: AddressDigest) {
        let rest = (counts[address] ?? 0) - 1
        counts[address] = rest > 0 ? rest : nil
    }
}
