package protocol_test

import (
	"context"
	"fmt"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A change is encoded once, when it is saved, and pushed as often as it takes.
func Example() {
	c := status(0x80)
	body, blobs, err := protocol.EncodeChange(&c)
	if err != nil {
		fmt.Println(err)
		return
	}
	device, server := protocol.Pipe()
	ctx := context.Background()

	push := &protocol.Push{Number: 1}
	push.Add(protocol.PushedChange{Number: 7, Body: body}, blobs)
	if err := device.Send(ctx, protocol.Encode(push)); err != nil {
		fmt.Println(err)
		return
	}

	frame, err := server.Recv(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	message, err := protocol.Decode(frame)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range message.(*protocol.Push).Submitted() {
		fmt.Println(s.Number, s.Change.Fields[1].Value, s.Change.Fault == model.ReasonNone)
	}
	// Output: 7 travel true
}

func ExampleDescribe() {
	fmt.Print(protocol.Describe(protocol.Encode(&protocol.Drain{Reason: model.EndSuperseded, Millis: 30_000})))
	// Output:
	// 6 bytes
	// drain
	//   reason 1, 30000 ms
}
