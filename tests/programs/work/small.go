// What a Go program has: many goroutines, a server and its client, and a child.
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"sync"
	"sync/atomic"
)

func Sum(numbers ...int) (sum int) {
	for _, number := range numbers {
		sum += number
	}
	return
}

func main() {
	var count int64
	var all sync.WaitGroup
	for i := 0; i < 1000; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			atomic.AddInt64(&count, 1)
		}()
	}
	all.Wait()
	fmt.Println("goroutines", count)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
	}))
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		panic(err)
	}
	body, _ := io.ReadAll(answer.Body)
	fmt.Println("http", string(body))
	output, err := exec.Command("sh", "-c", "echo from a child").Output()
	fmt.Print(string(output), err, "\n")
}
