/// Reads a file line by line, with where each line begins.
package struct LineScanner {
    package struct Line {
        /// Without the line feed.
        package let bytes: ArraySlice<UInt8>
        /// Of its first byte in the file.
        package let offset: Int64
        /// False for what follows the last line feed.
        package let isTerminated: Bool
    }

    private static let chunkSize = 1 << 20

    private let file: any ReadableFile
    private var buffer: ArraySlice<UInt8> = []
    private var offset: Int64 = 0
    /// What has been looked through without finding a line feed.
    private var searched = 0

    package init(_ file: any ReadableFile) { self.file = file }

    /// Where the next line begins.
    package var end: Int64 { offset }

    /// Nil at the end of the file.
    package mutating func next() throws(FileError) -> Line? {
        while true {
            if let end = buffer.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
                return take(buffer[..<end], rest: buffer[(end + 1)...], isTerminated: true)
            }
            searched = buffer.count
            let chunk = try file.read(Self.chunkSize)
            if chunk.isEmpty {
                return buffer.isEmpty ? nil : take(buffer, rest: [], isTerminated: false)
            }
            buffer = buffer.isEmpty ? chunk[...] : (Array(buffer) + chunk)[...]
        }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>, rest: ArraySlice<UInt8>, isTerminated: Bool) -> Line {
        defer {
            offset += Int64(bytes.count + (isTerminated ? 1 : 0))
            buffer = rest
            searched = 0
        }
        return Line(bytes: bytes, offset: offset, isTerminated: isTerminated)
    }
}
