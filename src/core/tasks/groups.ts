/** Countable nouns in classes, for stories that count or describe them; every noun is its own key. */
export const CLASSES: Readonly<Record<string, readonly string[]>> = {
  animals: ['dog', 'cat', 'horse', 'cow', 'pig', 'goat', 'rabbit', 'duck', 'hen', 'donkey', 'parrot', 'turtle', 'frog', 'snake', 'spider', 'bee', 'ant', 'tiger', 'lion', 'bear', 'monkey', 'camel', 'zebra', 'eagle', 'owl', 'swan', 'snail', 'crab', 'whale', 'seal', 'lizard', 'beetle'],
  fruits: ['apple', 'pear', 'banana', 'orange', 'lemon', 'peach', 'plum', 'grape', 'melon', 'fig', 'lime', 'apricot', 'olive', 'kiwi', 'pineapple', 'coconut', 'strawberry', 'raspberry', 'cherry', 'nectarine', 'grapefruit', 'blueberry', 'tangerine'],
  tools: ['hammer', 'saw', 'drill', 'wrench', 'chisel', 'spade', 'rake', 'axe', 'screwdriver', 'shovel', 'crowbar', 'clamp', 'trowel', 'ruler', 'ladder', 'wheelbarrow', 'vice', 'mallet', 'pickaxe', 'sickle'],
  instruments: ['drum', 'flute', 'guitar', 'violin', 'trumpet', 'piano', 'harp', 'horn', 'clarinet', 'organ', 'cello', 'banjo', 'trombone', 'tambourine', 'accordion', 'bagpipe', 'saxophone', 'ukulele', 'oboe', 'bassoon', 'viola', 'mandolin'],
  vehicles: ['car', 'truck', 'bike', 'boat', 'train', 'tram', 'van', 'taxi', 'tractor', 'canoe', 'ferry', 'scooter', 'rocket', 'wagon', 'sledge', 'carriage', 'helicopter', 'motorcycle', 'ambulance', 'raft', 'yacht', 'submarine'],
}; // prettier-ignore

export const NUMBERS = ['no', 'one', 'two', 'three', 'four'] as const;
