@testable import QueueStore

/// Lines as a journal holds them, of whatever JSON a test likes.
struct RecordLine {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ json: String) {
        let checksum = String(CRC32C.checksum(of: Array(json.utf8)[...]), radix: 16)
        bytes += Array((String(repeating: "0", count: 8 - checksum.count) + checksum + " " + json + "\n").utf8)
    }
}
