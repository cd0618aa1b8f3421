import EdgeProxyProperties
import HTTPWireProperties

/// Named by the last argument; `make fuzz` passes it behind libFuzzer's `-ignore_remaining_args=1`.
private let name = CommandLine.arguments.last ?? ""
private let property = WireProperty(rawValue: name) ?? .request
/// libFuzzer calls from one thread.
nonisolated(unsafe) private let connection = name == "http2" ? try? HTTP2ConnectionProperty() : nil

/// What libFuzzer calls for each input (https://llvm.org/docs/LibFuzzer.html#fuzz-target).
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        let input = Array(UnsafeBufferPointer(start: data, count: count))
        if name == "http2" {
            guard let connection else { fatalError("No gate can be made") }
            try connection.check(input)
        } else {
            try property.check(input)
        }
    } catch {
        // A trap is how libFuzzer learns of a finding; it keeps the input.
        fatalError("\(name): \(error)")
    }
    return 0
}
