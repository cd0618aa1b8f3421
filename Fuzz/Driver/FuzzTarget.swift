import HTTPWireProperties

/// Named by the last argument; `make fuzz` passes it behind libFuzzer's `-ignore_remaining_args=1`.
private let property = CommandLine.arguments.last.flatMap(WireProperty.init) ?? .request

/// What libFuzzer calls for each input (https://llvm.org/docs/LibFuzzer.html#fuzz-target).
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try property.check(Array(UnsafeBufferPointer(start: data, count: count)))
    } catch {
        // A trap is how libFuzzer learns of a finding; it keeps the input.
        fatalError("\(property): \(error)")
    }
    return 0
}
