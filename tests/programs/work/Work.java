// What a Java program has: many threads, a server and its client, a child, and a directory that is watched.
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;

class Work {
    public static void main(String[] words) throws Exception {
        System.out.println("sum " + LongStream.rangeClosed(1, 1_000_000).parallel().sum());

        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        var threads = Executors.newFixedThreadPool(8);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 5);
            exchange.getResponseBody().write("hello".getBytes());
            exchange.close();
        });
        server.start();
        URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
        HttpClient client = HttpClient.newHttpClient();
        HttpResponse<String> answer = client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        System.out.println("http " + answer.statusCode() + " " + answer.body());
        server.stop(0);
        threads.shutdown();

        Process child = new ProcessBuilder("sh", "-c", "echo from a child; exit 3").start();
        System.out.print(new String(child.getInputStream().readAllBytes()));
        System.out.println("exit " + child.waitFor());

        Path directory = Files.createTempDirectory(Path.of("."), "watched");
        var watch = directory.getFileSystem().newWatchService();
        directory.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
        Files.writeString(directory.resolve("new.txt"), "");
        System.out.println("saw " + watch.take().pollEvents().get(0).context());
    }
}
