import AnteroomServer
import Foundation
import Simulation

extension SimulationPicture {
    /// Writes the picture as the name's ending says.
    func write(to path: String) throws {
        switch path.split(separator: ".").last?.lowercased() {
        case "svg":
            guard FileManager.default.createFile(atPath: path, contents: Data(svg.utf8)) else {
                throw Refusal("\(path) cannot be written")
            }
        case "png": try writePNG(to: path)
        default: throw Refusal("--picture \(path) is neither .svg nor .png")
        }
    }

    /// By librsvg's command, which has the fonts: the picture is text and lines.
    private func writePNG(to path: String) throws {
        let source = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).svg")
        defer { try? FileManager.default.removeItem(at: source) }
        let converter = Process()
        converter.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        converter.arguments = ["rsvg-convert", "--zoom", "2", "--output", path, source.path]
        do {
            try Data(svg.utf8).write(to: source)
            try converter.run()
        } catch {
            throw Refusal("\(path) cannot be written: \(error)")
        }
        converter.waitUntilExit()
        guard converter.terminationStatus == 0 else {
            throw Refusal(
                converter.terminationStatus == 127
                    ? "a .png needs rsvg-convert (Debian's librsvg2-bin); install it, or write --picture to a .svg"
                    : "rsvg-convert could not write \(path)")
        }
    }
}
