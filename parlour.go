// Package parlour is the domain of the chat server: rooms, the people in them,
// what they say, and who may do what. It knows no HTTP, no SQL and no HTML, and
// it imports no other package of the project; what it needs from outside it
// asks for through the interfaces declared beside their use.
//
// The one idea everything else follows from: a room is a sequence. Every change
// to a room takes the room's next number (Seq). A reader is a cursor into that
// sequence. Message 12 is the message that was posted as change 12.
package parlour
